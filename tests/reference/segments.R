# Makes segments.json: heterogeneity and shrunken effects by metafor, on seeded data. Run: Rscript segments.R.
# Debian packages: r-base-core r-cran-jsonlite r-cran-metafor. I2 is that of DerSimonian-Laird, which is (Q - df)/Q.
suppressMessages({library(jsonlite); library(metafor)})
set.seed(11)
data <- list(
  spread = list(y = c(0.10, 0.30, -0.05, 0.42, 0.02, 0.25), se = c(0.05, 0.11, 0.07, 0.20, 0.04, 0.09)),
  alike = list(y = c(0.021, 0.018, 0.025, 0.020), se = c(0.010, 0.012, 0.015, 0.009)),
  pair = list(y = c(-1.5, 2.5), se = c(0.6, 1.1)),
  # BCG vaccine trials: Colditz et al. (1994), the example of metafor itself.
  bcg = with(escalc("RR", ai = tpos, bi = tneg, ci = cpos, di = cneg, data = dat.bcg), list(y = as.numeric(yi), se = sqrt(as.numeric(vi)))),
  many = local({se <- round(runif(1000, 0.5, 2), 3); list(y = round(rnorm(1000, 1, sqrt(0.8^2 + se^2)), 3), se = se)}))
cases <- lapply(data, function(d) {
  fit <- rma(yi = d$y, sei = d$se, method = "PM", control = list(tol = 1e-14))
  shrunken <- if (fit$tau2 > 0) blup(fit) else list(pred = rep(fit$b[1], length(d$y)), se = rep(fit$se, length(d$y)))
  c(d, list(q = fit$QE, p = fit$QEp, tau2 = fit$tau2, i2 = rma(yi = d$y, sei = d$se, method = "DL")$I2 / 100,
    common = fit$b[1], common_se = fit$se, shrunken = as.numeric(shrunken$pred), plain_se = as.numeric(shrunken$se)))
})
write_json(list(made_by = "segments.R", R = R.version.string, metafor = as.character(packageVersion("metafor")), cases = cases),
  "segments.json", digits = NA, auto_unbox = TRUE)
