# Makes compliance.json: the complier effect by two-stage least squares (AER::ivreg) with White's sandwich, and its
# Anderson-Rubin set by solving Welch's t for outcome - beta * compliance at the critical value of the test at beta = 0.
# Run: Rscript compliance.R. Debian packages: r-base-core r-cran-jsonlite r-cran-aer r-cran-sandwich.
suppressMessages({library(jsonlite); library(AER); library(sandwich)})
set.seed(5)
cross <- function(m) list(n = nrow(m), mean = unname(colMeans(m)), covariance = unname(cov(m)))
make <- function(n, takes, effect) {
  arm <- rep(0:1, n); keen <- rbinom(sum(n), 1, 0.5)
  taken <- rbinom(sum(n), 1, ifelse(arm == 1, takes[2], takes[1]) * (0.5 + keen))
  outcome <- round(2 + effect * taken + keen + rnorm(sum(n)), 3)
  fit <- ivreg(outcome ~ taken | arm)
  # The HC0 sandwich of two-stage least squares with one binary instrument, arm by arm with the divisor n - 1.
  u <- residuals(fit); first <- mean(taken[arm == 1]) - mean(taken[arm == 0])
  own <- sqrt(sum(tapply(u, arm, var) / n)) / abs(first)
  df <- unname(t.test(outcome[arm == 1], outcome[arm == 0])$parameter); critical <- qt(0.975, df)
  excess <- function(beta) sapply(beta, function(b) { t.test((outcome - b * taken)[arm == 1], (outcome - b * taken)[arm == 0])$statistic^2 - critical^2 })
  estimate <- unname(coef(fit)["taken"])
  root <- function(side) { far <- estimate + side * c(1e-6, 1:200 / 10); value <- excess(far); i <- which(value > 0)[1]
    if (is.na(i)) NA else uniroot(excess, sort(far[c(i - 1, i)]), tol = 1e-13)$root }
  list(arms = lapply(0:1, function(a) cross(cbind(outcome, taken)[arm == a, ])), estimate = estimate,
    hc0 = sqrt(unname(vcovHC(fit, type = "HC0")["taken", "taken"])), own = own, low = root(-1), high = root(1),
    itt_p = t.test(outcome[arm == 1], outcome[arm == 0])$p.value)
}
cases <- list(strong = make(c(400, 300), c(0.05, 0.6), 0.8), one_sided = make(c(500, 500), c(0, 0.4), 0.3), opposite = make(c(300, 300), c(0.6, 0.1), 0.7))
write_json(list(made_by = "compliance.R", R = R.version.string, AER = as.character(packageVersion("AER")),
  sandwich = as.character(packageVersion("sandwich")), cases = cases), "compliance.json", digits = NA, auto_unbox = TRUE)
