# Makes regression.json: adjusted comparisons and clusters from R, on seeded data whose sums are stored.
# Run: Rscript regression.R. Debian packages: r-base-core r-cran-jsonlite r-cran-sandwich r-cran-estimatr.
suppressMessages({library(jsonlite); library(sandwich); library(estimatr)})
set.seed(20)
n <- c(60, 90); arm <- rep(0:1, n); N <- sum(n)
x1 <- round(rgamma(N, 2, 0.5), 2); x2 <- rbinom(N, 1, 0.4); x3 <- round(rnorm(N, 100, 15), 1)
y <- round(3 + 1.5 * x1 - 2 * x2 + 0.02 * x3 + arm * (0.8 + 0.3 * x1) + rnorm(N, sd = 1 + 0.5 * arm), 2)

cross <- function(m) list(n = nrow(m), mean = unname(colMeans(m)), covariance = unname(cov(m)))
arms <- function(m) lapply(0:1, function(a) cross(m[arm == a, , drop = FALSE]))

adjusted <- lapply(list(one = cbind(x1), three = cbind(x1, x2, x3)), function(x) {
  centred <- scale(x, scale = FALSE)
  fit <- lm(y ~ arm * centred)
  # The conditional variance of each adjusted mean is that of the intercept of the arm's own least squares.
  own <- lapply(0:1, function(a) { f <- lm(y[arm == a] ~ centred[arm == a, ]); c(coef(f)[1], vcov(f)[1, 1], coef(f)[-1]) })
  lin <- lm_lin(y ~ arm, ~x, data = list(y = y, arm = arm, x = x), se_type = "HC2")
  slopes <- own[[2]][-(1:2)] - own[[1]][-(1:2)]
  S <- (n[1] * cov(x[arm == 0, , drop = FALSE]) + n[2] * cov(x[arm == 1, , drop = FALSE])) / N^2
  list(arms = arms(cbind(y, x)), estimate = unname(coef(fit)["arm"]), hc2 = unname(lin$std.error["arm"]),
    means = unname(c(own[[1]][1], own[[2]][1])), conditional = unname(c(own[[1]][2], own[[2]][2])),
    centre = drop(t(slopes) %*% S %*% slopes))
})

members <- rpois(N, 8) + 1; successes <- rbinom(N, members, plogis(-1 + 0.3 * arm + rnorm(N, sd = 0.6)))
units <- data.frame(z = rep(rep(0:1, n), members), cluster = rep(seq_len(N), members),
  y = unlist(mapply(function(s, m) rep(1:0, c(s, m - s)), successes, members)))
clustered <- lm(y ~ z, units)
cluster <- list(arms = arms(cbind(successes, members)), estimate = unname(coef(clustered)["z"]),
  # CR0 without any small-sample factor; ours is it times n/(n - 1) in each arm.
  cr0 = unname(sapply(0:1, function(a) { f <- lm(y ~ 1, units[units$z == a, ]); vcovCL(f, units$cluster[units$z == a], type = "HC0", cadjust = FALSE)[1, 1] })))

write_json(list(made_by = "regression.R", R = R.version.string, sandwich = as.character(packageVersion("sandwich")),
  estimatr = as.character(packageVersion("estimatr")),
  adjusted = adjusted, cluster = cluster), "regression.json", digits = I(16), auto_unbox = TRUE)
