# Makes early.json: score tests from R's package survival that tests/stats/test_early_against_oracles.py compares with.
# Run: Rscript early.R
# Debian packages: r-base-core r-cran-jsonlite r-cran-survival.
suppressMessages({library(jsonlite); library(survival)})

counts <- function(d) {
  times <- sort(unique(d$time))
  at <- function(status) as.integer(table(factor(d$time[d$status == status], times)))
  list(times = as.list(times), events = as.list(at(1)), censored = as.list(at(0)))
}

# rotterdam by year of surgery in four groups, in order; months, so that many units share a time.
d <- with(rotterdam, data.frame(time = as.integer(ceiling(rtime / 30)), status = recur, arm = chemo,
  group = pmin((year - 1978) %/% 4, 3)))
tables <- lapply(0:1, function(a) lapply(0:3, function(g) counts(d[d$arm == a & d$group == g, ])))

# The trend by hand from survdiff's observed, expected and variance, per arm: those are hypergeometric.
score <- 0; information <- 0
for (a in 0:1) {
  test <- survdiff(Surv(time, status) ~ group, d[d$arm == a, ])
  score <- score + sum(0:3 * (test$obs - test$exp))
  information <- information + sum(outer(0:3, 0:3) * test$var)
}
# Cox's score test is the same up to ties (exactly the same with the discrete-logistic "exact" partial likelihood).
breslow <- coxph(Surv(time, status) ~ group + strata(arm), d, ties = "breslow")
few <- d[seq(1, nrow(d), by = 37), ]
exact <- summary(coxph(Surv(time, status) ~ group + strata(arm), few, ties = "exact"))$sctest
few_tables <- lapply(0:1, function(a) lapply(0:3, function(g) counts(few[few$arm == a & few$group == g, ])))

# Censoring as the event. Events at the same time come first: half a step earlier.
swapped <- transform(d, time = time - 0.5 * status, status = 1 - status)
balance <- survdiff(Surv(time, status) ~ arm, swapped)
three <- survdiff(Surv(time, status) ~ group, swapped)
writeLines(toJSON(list(tables = tables, trend = list(z = score / sqrt(information), slope = score / information,
    breslow_score = unname(breslow$score)), few = list(tables = few_tables, exact_score = unname(exact[1])),
  balance = list(chi2 = balance$chisq, p = balance$pvalue),
  groups = lapply(0:3, function(g) counts(d[d$group == g, ])), groups_balance = list(chi2 = three$chisq, p = three$pvalue)),
  auto_unbox = TRUE, digits = NA), "early.json")
