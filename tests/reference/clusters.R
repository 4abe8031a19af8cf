# Clusters against R's clubSandwich: Rscript clusters.R > clusters.json
# CR2 with the identity as working model, Satterthwaite degrees of freedom (those of Bell & McCaffrey), for means of two
# arms: clusters in one arm each, of very unequal size; clusters with members in both arms; and ratios of sums, where
# each unit is weighted by its denominator.
suppressMessages(library(clubSandwich))
library(jsonlite)
set.seed(20261130)
one <- function(name, d) {
  m <- lm(y ~ t, data = d)
  V <- vcovCR(m, cluster = d$cl, type = "CR2")
  found <- coef_test(m, V, test = "Satterthwaite")
  own <- lm(y ~ 0 + factor(t), data = d)
  W <- vcovCR(own, cluster = d$cl, type = "CR2")
  arms <- coef_test(own, W, test = "Satterthwaite")
  list(name = name, cl = d$cl, t = d$t, y = d$y, estimate = found$beta[2], se = found$SE[2], df = found$df_Satt[2],
       p = found$p_Satt[2], arm_se = arms$SE, arm_df = arms$df_Satt, covariance = as.matrix(W)[1, 2])
}
nested <- function(sizes, arms, within) {
  d <- data.frame(cl = rep(seq_along(sizes), times = sizes), t = rep(arms, times = sizes))
  d$y <- round(rnorm(nrow(d)) + rnorm(length(sizes))[d$cl] * within + 0.3 * d$t + 5, 2)
  d
}
crossed <- function(sizes, share) {
  d <- data.frame(cl = rep(seq_along(sizes), times = sizes))
  d$t <- rbinom(nrow(d), 1, share)
  d$y <- round(rnorm(nrow(d)) + rnorm(length(sizes))[d$cl] + 0.2 * d$t, 2)
  d
}
rates <- nested(sample(3:25, 12, TRUE), rep(0:1, c(8, 4)), 0)
rates$y <- rbinom(nrow(rates), 1, plogis(-1 + rnorm(12)[rates$cl]))
cases <- list(
  one("eight and eight", nested(sample(3:20, 16, TRUE), rep(0:1, each = 8), 0.5)),
  one("very unequal", nested(c(40, 3, 4, 5, 3, 30, 2, 6, 4, 3), rep(0:1, each = 5), 0.7)),
  one("three and nine", nested(sample(2:12, 12, TRUE), rep(0:1, c(3, 9)), 0.3)),
  one("rates", rates),
  one("members in both arms", crossed(sample(4:16, 14, TRUE), 0.4)),
  one("some in both arms", rbind(crossed(c(6, 8, 9, 12), 0.5),
      transform(nested(c(5, 7, 4, 9), c(0, 1, 0, 1), 0.5), cl = cl + 10))),
  one("pairs", crossed(rep(2, 15), 0.5))
)
ratio <- data.frame(cl = 1:20, t = rep(0:1, c(8, 12)), x = rpois(20, 6) + 1)
ratio$n <- rbinom(20, ratio$x, 0.4)
ratio$y <- ratio$n / ratio$x
m <- lm(y ~ t, data = ratio, weights = x)
# Weights are taken as the inverse of the variance of a unit's mean, so the working model is u·m with w = 0.
V <- vcovCR(m, cluster = ratio$cl, type = "CR2", inverse_var = TRUE)
found <- coef_test(m, V, test = "Satterthwaite")
weighted <- list(t = ratio$t, x = ratio$x, n = ratio$n, estimate = found$beta[2], se = found$SE[2], df = found$df_Satt[2])
cat(toJSON(list(R = R.version.string, clubSandwich = as.character(packageVersion("clubSandwich")), cases = cases,
                weighted = weighted), digits = I(15), auto_unbox = TRUE))
