# Times to an event in two columns, some at time 0, against R's survival: Rscript durations.R > durations.json
suppressMessages({library(jsonlite); library(survival)})
set.seed(11)
n <- 120
d <- data.frame(arm = rep(0:1, each = n / 2))
d$event <- rexp(n, ifelse(d$arm == 0, 1 / 25, 1 / 40))
d$lost <- runif(n, 5, 60)
d$days <- floor(pmin(d$event, d$lost))
d$days[c(1, 2, 61)] <- 0
d$churned <- as.integer(d$event <= d$lost)
d$churned[c(1, 2, 61)] <- c(1, 1, 1)
d$churned[3] <- 0; d$days[3] <- 0
fit <- survfit(Surv(days, churned) ~ arm, d)
test <- survdiff(Surv(days, churned) ~ arm, d)
cox <- coxph(Surv(days, churned) ~ arm, d, ties = "efron")
table <- summary(fit, rmean = 30)$table
point <- summary(fit, times = 14)
cat(toJSON(list(survival = as.character(packageVersion("survival")), arm = d$arm, days = d$days, churned = d$churned,
  rmst = unname(table[, 5]), rmst_error = unname(table[, 6]), median = unname(table[, 7]),
  chi2 = test$chisq, log_hazard_ratio = unname(coef(cox)), error = unname(sqrt(vcov(cox)[1, 1])),
  at_14 = point$surv), digits = I(15), auto_unbox = TRUE))
