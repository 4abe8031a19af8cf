# Strata, covariates, clusters and whole incidence curves from R's survival: Rscript survival_within.R > survival_within.json
suppressMessages({library(jsonlite); library(survival)})
x <- NULL  # residuals() of a fit looks for its data here
exact <- coxph.control(eps = 1e-14, toler.chol = 1e-15, iter.max = 50)
d <- with(veteran, data.frame(arm = trt - 1, time, status, cell = as.character(celltype), karno, age))
one <- function(fit, name = "arm") {
  zph <- cox.zph(fit, transform = "km")$table[name, ]
  list(log = unname(coef(fit)[name]), error = unname(sqrt(fit$var[match(name, names(coef(fit))), match(name, names(coef(fit)))])), zph = unname(zph[c(1, 3)]))
}
by_cell <- coxph(Surv(time, status) ~ arm + strata(cell), d, ties = "efron", control = exact)
short <- summary(by_cell)
test <- survdiff(Surv(time, status) ~ arm + strata(cell), d)
adjusted <- coxph(Surv(time, status) ~ arm + karno + age, d, ties = "efron", control = exact)
factors <- coxph(Surv(time, status) ~ arm + karno + cell, d, ties = "efron", control = exact)
both <- coxph(Surv(time, status) ~ arm + karno + strata(cell), d, ties = "efron", control = exact)

# rats: one of three of a litter was treated; and, as if litters were randomised, by the litter's number.
r <- with(rats, data.frame(litter, sex = as.character(sex), time, status))
r$within <- rats$rx
r$between <- r$litter %% 2
clustered <- function(arm) {
  r$arm <- r[[arm]]
  fit <- coxph(Surv(time, status) ~ arm, r, ties = "efron", cluster = litter, control = exact)
  start <- coxph(Surv(time, status) ~ arm, r, ties = "efron", cluster = litter, init = 0, control = coxph.control(iter.max = 0))
  score <- rowsum(residuals(start, type = "score"), r$litter)
  at <- c(60, 80, 104)
  ij <- function(type, times) {
    of <- lapply(0:1, function(a) {
      x <<- r[r$arm == a, ]
      res <- residuals(survfit(Surv(time, status) ~ 1, x), times = times, type = type)
      rowsum(as.matrix(res), factor(x$litter, levels = sort(unique(r$litter))), reorder = TRUE)
    })
    all <- sort(unique(r$litter))
    full <- lapply(of, function(m) { f <- matrix(0, length(all), ncol(m)); f[match(rownames(m), all), ] <- m; f })
    crossprod(cbind(full[[1]], full[[2]]))
  }
  list(log = unname(coef(fit)), error = unname(sqrt(fit$var[1, 1])), naive = unname(sqrt(fit$naive.var[1, 1])),
    robust_score = unname(sum(score)^2 / sum(score^2)), rscore = unname(fit$rscore),
    rmst = sapply(0:1, function(a) summary(survfit(Surv(time, status) ~ 1, r[r$arm == a, ]), rmean = 100)$table["rmean"][[1]]),
    rmst_covariance = ij("auc", 100), survival_covariance = ij("pstate", 80))
}
m <- with(mgus2, data.frame(time = ifelse(pstat == 1, ptime, futime), cause = ifelse(pstat == 1, 1, 2 * death), arm = as.integer(sex == "M")))
times <- c(6, 24, 60, 120, 240)
curve <- function(a) {
  x <<- m[m$arm == a, ]
  x$state <<- factor(x$cause, 0:2, c("none", "one", "two"))
  fit <- survfit(Surv(time, state) ~ 1, x, id = seq_len(nrow(x)))
  res <- residuals(fit, times = times, type = "pstate")
  s <- sort(unique(x$time)); n <- function(k) as.integer(table(factor(x$time[x$cause == k], s)))
  list(times = s, events = rbind(n(1), n(2)), censored = n(0), at = t(summary(fit, times = times)$pstate[, 2:3]),
    covariance = lapply(2:3, function(k) crossprod(res[, , k])))
}
cat(toJSON(list(made_by = "survival_within.R", R = R.version.string, survival = as.character(packageVersion("survival")),
  veteran = d, stratified = c(one(by_cell), list(p = short$coefficients[1, 5], likelihood_ratio = unname(short$logtest[c(1, 3)]), score = unname(short$sctest[c(1, 3)]), log_rank = test$chisq)),
  karno_age = one(adjusted), karno_cell = one(factors), karno_in_cells = one(both),
  rats = r, within = clustered("within"), between = clustered("between"),
  incidences = list(horizons = times, arms = lapply(0:1, curve))), digits = I(16), auto_unbox = TRUE, dataframe = "columns"))
