# Makes strata_and_ranks.json: stratified tables and quantile ranks from R.
# Run: Rscript strata_and_ranks.R. Debian packages: r-base-core r-cran-jsonlite.
library(jsonlite)

# UCBAdmissions comes with R: gender by admission in six departments.
cmh <- mantelhaen.test(UCBAdmissions, correct = FALSE)
strata <- list(table = lapply(1:6, function(k) { m <- UCBAdmissions[, , k]; c(m["Admitted", "Male"], sum(m[, "Male"]), m["Admitted", "Female"], sum(m[, "Female"])) }),
  chi2 = unname(cmh$statistic), p = cmh$p.value)

ranks <- lapply(list(c(20, 0.5), c(100, 0.5), c(1000, 0.9), c(5, 0.5), c(50, 0.99)), function(a) {
  n <- a[1]; q <- a[2]; r <- 0:(n + 1)
  low <- max(c(0, r[r >= 1 & pbinom(r - 1, n, q) <= 0.025])); high <- min(c(n + 1, r[r <= n & pbinom(r - 1, n, q, lower.tail = FALSE) <= 0.025 & r >= 1]))
  list(n = n, quantile = q, low = low, high = high)
})

write_json(list(made_by = "strata_and_ranks.R", R = R.version.string, strata = strata, ranks = ranks), "strata_and_ranks.json",
  digits = I(16), auto_unbox = TRUE)
