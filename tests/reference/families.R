# Makes families.json: Dunnett's probabilities, stratified tables and quantile ranks from R.
# Run: Rscript families.R. Debian packages: r-base-core r-cran-jsonlite r-cran-mvtnorm.
library(jsonlite); library(mvtnorm)
set.seed(1)

adjusted <- function(t, v0, v, df) {
  b <- sqrt(v0 / (v0 + v)); R <- outer(b, b); diag(R) <- 1
  # Miwa is deterministic; GenzBretz for t is quasi-random, good to about 1e-8.
  p <- sapply(abs(t), function(x) 1 - (if (df == 0) pmvnorm(rep(-x, length(t)), rep(x, length(t)), corr = R, algorithm = Miwa(steps = 4096))
    else pmvt(rep(-x, length(t)), rep(x, length(t)), corr = R, df = df, algorithm = GenzBretz(abseps = 1e-9, maxpts = 2e7))))
  list(statistics = t, control = v0, arms = v, df = df, p = as.numeric(p))
}
dunnett <- list(adjusted(c(2.5, 1, -0.3), 0.01, c(0.01, 0.01, 0.01), 0), adjusted(c(2.1, -2.9), 0.02, c(0.01, 0.004), 0),
  adjusted(c(2.5, 1, -0.3), 0.01, c(0.01, 0.01, 0.01), 36), adjusted(c(3.4, 0.2, 2.0), 0.03, c(0.01, 0.02, 0.01), 8))

# UCBAdmissions comes with R: gender by admission in six departments.
cmh <- mantelhaen.test(UCBAdmissions, correct = FALSE)
strata <- list(table = lapply(1:6, function(k) { m <- UCBAdmissions[, , k]; c(m["Admitted", "Male"], sum(m[, "Male"]), m["Admitted", "Female"], sum(m[, "Female"])) }),
  chi2 = unname(cmh$statistic), p = cmh$p.value)

ranks <- lapply(list(c(20, 0.5), c(100, 0.5), c(1000, 0.9), c(5, 0.5), c(50, 0.99)), function(a) {
  n <- a[1]; q <- a[2]; r <- 0:(n + 1)
  low <- max(c(0, r[r >= 1 & pbinom(r - 1, n, q) <= 0.025])); high <- min(c(n + 1, r[r <= n & pbinom(r - 1, n, q, lower.tail = FALSE) <= 0.025 & r >= 1]))
  list(n = n, quantile = q, low = low, high = high)
})

write_json(list(made_by = "families.R", R = R.version.string, mvtnorm = as.character(packageVersion("mvtnorm")), dunnett = dunnett,
  strata = strata, ranks = ranks), "families.json", digits = I(16), auto_unbox = TRUE)
