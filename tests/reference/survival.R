# Makes survival.json: numbers from R's package survival that tests/stats compares with. Run: Rscript survival.R
# Debian packages: r-base-core r-cran-jsonlite r-cran-survival.
suppressMessages({library(jsonlite); library(survival)})

# Freireich et al. (1963), Blood 21:699-716: weeks to relapse under placebo (the control) and 6-mercaptopurine.
freireich <- data.frame(
  time = c(1, 1, 2, 2, 3, 4, 4, 5, 5, 8, 8, 8, 8, 11, 11, 12, 12, 15, 17, 22, 23,
    6, 6, 6, 6, 7, 9, 10, 10, 11, 13, 16, 17, 19, 20, 22, 23, 25, 32, 32, 34, 35),
  status = c(rep(1, 21), 1, 1, 1, 0, 1, 0, 1, 0, 0, 1, 1, 0, 0, 0, 1, 1, 0, 0, 0, 0, 0), arm = rep(0:1, each = 21))
recurrence <- subset(colon, etype == 1)
cases <- list(
  freireich = list(data = freireich, horizon = 20),
  veteran = list(data = with(veteran, data.frame(time, status, arm = trt - 1)), horizon = 180),
  colon = list(data = with(subset(recurrence, rx != "Lev"), data.frame(time, status, arm = as.integer(rx != "Obs"))), horizon = 1000),
  # By quarters of a year: many units share a time.
  colon_quarters = list(data = with(subset(recurrence, rx != "Lev"), data.frame(time = ceiling(time / 91), status, arm = as.integer(rx != "Obs"))), horizon = 12),
  gbsg = list(data = with(gbsg, data.frame(time = rfstime, status, arm = hormon)), horizon = 1826),
  rotterdam = list(data = with(rotterdam, data.frame(time = ceiling(rtime / 28), status = recur, arm = chemo)), horizon = 65.5))

counts <- function(d, ...) {
  times <- sort(unique(d$time))
  at <- function(status) as.integer(table(factor(d$time[d$status == status], times)))
  list(times = times, events = at(1), censored = at(0))
}

# Area under the curve up to the horizon and its variance, written out: sum of (area beyond t)^2 d / (n (n - d)).
area <- function(fit, horizon) {
  keep <- fit$time <= horizon
  t <- c(0, fit$time[keep], horizon); s <- c(1, fit$surv[keep]); d <- fit$n.event[keep]; n <- fit$n.risk[keep]
  pieces <- diff(t) * s
  beyond <- sapply(seq_along(d), function(i) sum(pieces[(i + 1):length(pieces)]))
  c(mean = sum(pieces), variance = sum(ifelse(n == d, 0, beyond^2 * d / (n * (n - d)))))
}

arm <- function(d, horizon, every) {
  fit <- survfit(Surv(time, status) ~ 1, d, conf.type = "log-log")
  at <- summary(fit)
  pick <- if (every) seq_along(at$time) else unique(round(seq(1, length(at$time), length.out = 8)))
  point <- summary(fit, times = horizon)
  median <- quantile(fit, 0.5)
  by_hand <- area(fit, horizon); table <- summary(fit, rmean = horizon)$table
  stopifnot(all.equal(unname(c(by_hand[1], sqrt(by_hand[2]))), unname(table[5:6]), tolerance = 1e-12))
  curve <- list(time = at$time[pick], at_risk = at$n.risk[pick], survival = at$surv[pick], error = at$std.err[pick],
    low = at$lower[pick], high = at$upper[pick])
  list(counts = counts(d), curve = curve,
    at_horizon = list(survival = point$surv, error = point$std.err, low = point$lower, high = point$upper),
    median = unname(c(median$quantile, median$lower, median$upper)), rmst = unname(by_hand[1]), rmst_error = unname(sqrt(by_hand[2])))
}

two_arms <- function(name) {
  d <- cases[[name]]$data; horizon <- cases[[name]]$horizon
  test <- survdiff(Surv(time, status) ~ arm, d)
  fit <- coxph(Surv(time, status) ~ arm, d, ties = "efron", control = coxph.control(eps = 1e-14, toler.chol = 1e-15, iter.max = 50))
  short <- summary(fit)
  zph <- cox.zph(fit, transform = "km")$table[1, ]
  list(horizon = horizon, arms = lapply(0:1, function(a) arm(d[d$arm == a, ], horizon, nrow(d) < 200)),
    log_rank = list(chi2 = test$chisq, p = test$pvalue),
    cox = list(log_hazard_ratio = unname(coef(fit)), error = unname(sqrt(vcov(fit)[1, 1])), interval = unname(confint(fit))[1, ],
      p = short$coefficients[1, 5], likelihood_ratio = unname(short$logtest[c(1, 3)]), score = unname(short$sctest[c(1, 3)]),
      zph = unname(zph[c(1, 3)])))
}

tested <- function(d, formula) {
  test <- survdiff(formula, d)
  by <- lapply(split(d, d$stratum), function(s) lapply(sort(unique(d$arm)), function(a) counts(s[s$arm == a, ])))
  list(strata = unname(by), chi2 = test$chisq, df = length(test$n) - 1, p = test$pvalue)
}
groups <- with(recurrence, data.frame(time, status, arm = as.integer(rx), stratum = node4))
lung <- with(veteran, data.frame(time, status, arm = trt, stratum = as.integer(celltype)))
log_ranks <- list(three_groups = tested(transform(groups, stratum = 1), Surv(time, status) ~ arm),
  three_groups_two_strata = tested(groups, Surv(time, status) ~ arm + strata(stratum)),
  two_groups_four_strata = tested(lung, Surv(time, status) ~ arm + strata(stratum)))

# Two kinds of event, cause 1 and cause 2; 0 is censored.
competing <- function(d, horizon) {
  d$state <- factor(d$cause, 0:2, c("none", "one", "two"))
  fit <- survfit(Surv(time, state) ~ 1, d, conf.type = "log-log")
  times <- sort(unique(d$time))
  at <- summary(fit, times = unique(quantile(times, c(0.02, 0.1, 0.3, 0.5, 0.7, 0.9), type = 1)))
  point <- summary(fit, times = horizon)
  count <- function(cause) as.integer(table(factor(d$time[d$cause == cause], times)))
  list(times = times, events = rbind(count(1), count(2)), censored = count(0), horizon = horizon,
    curve = list(time = at$time, incidence = t(at$pstate[, 2:3]), error = t(at$std.err[, 2:3]), low = t(at$lower[, 2:3]), high = t(at$upper[, 2:3])),
    at_horizon = list(incidence = point$pstate[1, 2:3], error = point$std.err[1, 2:3], low = point$lower[1, 2:3], high = point$upper[1, 2:3]))
}
tumour <- with(rotterdam, data.frame(arm = chemo, time = ceiling(pmin(rtime, dtime) / 28),
  cause = ifelse(recur == 1, 1, ifelse(death == 1, 2, 0))))
gammopathy <- with(mgus2, data.frame(arm = as.integer(sex == "M"), time = ifelse(pstat == 1, ptime, futime), cause = ifelse(pstat == 1, 1, 2 * death)))
small <- data.frame(arm = rep(0:1, each = 8), time = c(1, 1, 1, 2, 2, 4, 4, 5, 1, 2, 2, 2, 3, 3, 3, 5), cause = c(1, 2, 0, 1, 1, 2, 0, 1, 2, 2, 1, 0, 1, 2, 1, 1))
both <- function(d, horizon) lapply(0:1, function(a) competing(d[d$arm == a, ], horizon))

write_json(list(made_by = "survival.R", R = R.version.string, survival = as.character(packageVersion("survival")),
  two_arms = setNames(lapply(names(cases), two_arms), names(cases)), log_ranks = log_ranks,
  competing = list(tumour = both(tumour, 60), gammopathy = both(gammopathy, 120), small = both(small, 4))), "survival.json", digits = I(16), auto_unbox = TRUE, na = "null")
