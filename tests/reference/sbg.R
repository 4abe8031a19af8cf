# Makes sbg.json: direct maximum likelihood of the shifted-beta-geometric model by R's optim, in its original form with
# beta functions, and its residual lifetime by plain summation. Run: Rscript sbg.R
# Debian packages: r-base-core r-cran-jsonlite.
suppressMessages(library(jsonlite))

# Fader & Hardie (2007), Table 1: per cent of customers still there after 0 to 12 years.
survivors <- list(
  high_end = c(100, 86.9, 74.3, 65.3, 59.3, 55.1, 51.7, 49.1, 46.8, 44.5, 42.7, 40.9, 39.4),
  regular = c(100, 63.1, 46.8, 38.2, 32.6, 28.9, 26.2, 24.1, 22.3, 20.7, 19.4, 18.3, 17.3))
per_thousand <- function(s, years) list(lost = -diff(round(10 * s))[1:years], kept = c(rep(0, years - 1), round(10 * s)[years + 1]))
cases <- list(high_end = per_thousand(survivors$high_end, 7), regular = per_thousand(survivors$regular, 7),
  # Customers who came at different times: some are last seen at the end of every period.
  staggered = list(lost = c(180, 95, 50, 31, 16, 9, 3, 1), kept = c(60, 55, 70, 40, 45, 30, 41, 12)))

fit <- function(lost, kept) {
  t <- seq_along(lost)
  log_survival <- function(a, b) lbeta(a, b + t) - lbeta(a, b)
  log_lost <- function(a, b) lbeta(a + 1, b + t - 1) - lbeta(a, b)
  minus <- function(p) -sum(lost * log_lost(exp(p[1]), exp(p[2])) + kept * log_survival(exp(p[1]), exp(p[2])))
  best <- optim(c(0, 0), minus, method = "BFGS", control = list(reltol = 1e-15, maxit = 1000, ndeps = c(1e-5, 1e-5)))
  best <- optim(best$par, minus, method = "Nelder-Mead", control = list(reltol = 1e-16, maxit = 5000))
  hessian <- optimHess(best$par, minus, control = list(ndeps = c(1e-4, 1e-4)))
  a <- exp(best$par[1]); b <- exp(best$par[2]); T <- length(lost)
  ahead <- function(d, n) { j <- 0:n; sum(exp(lbeta(a, b + T + j) - lbeta(a, b + T) - j * log1p(d))) }
  list(lost = lost, kept = kept, alpha = a, beta = b, log_likelihood = -best$value, covariance = solve(hessian),
    survival = exp(lbeta(a, b + 0:12) - lbeta(a, b)), residual = ahead(0.1, 3000), residual_slow = ahead(0.01, 30000),
    within_ten = sum(exp(lbeta(a, b + 0:9) - lbeta(a, b))))
}
writeLines(toJSON(list(survivors = survivors, fits = lapply(cases, function(x) fit(x$lost, x$kept))), auto_unbox = TRUE, digits = NA), "sbg.json")
