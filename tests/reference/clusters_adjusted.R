# Regression adjustment over clusters against R's clubSandwich: Rscript clusters_adjusted.R > clusters_adjusted.json
# lm(y ~ arm * x) with x centred over both arms, CR2 with identity as working model, Satterthwaite degrees of freedom.
suppressMessages(library(clubSandwich)); library(jsonlite)
set.seed(20261201)
one <- function(name, d, covariates) {
  for (x in covariates) d[[paste0("c_", x)]] <- d[[x]] - mean(d[[x]])
  m <- lm(as.formula(paste("y ~ t *(", paste0("c_", covariates, collapse = " + "), ")")), data = d)
  found <- coef_test(m, vcovCR(m, cluster = d$cl, type = "CR2"), test = "Satterthwaite")
  k <- match("t", rownames(found))
  list(name = name, cl = d$cl, t = d$t, y = d$y, x = unname(as.list(d[covariates])), estimate = found$beta[k], se = found$SE[k], df = found$df_Satt[k])
}
make <- function(sizes, arms) {
  d <- data.frame(cl = rep(seq_along(sizes), times = sizes), t = rep(arms, times = sizes))
  d$x <- round(rnorm(nrow(d)) + rnorm(length(sizes))[d$cl], 2)
  d$w <- rbinom(nrow(d), 1, 0.4)
  d$s <- (d$cl %% 3 == 0) * 1
  d$y <- round(d$x + 0.5 * d$w + rnorm(nrow(d)) + 0.6 * rnorm(length(sizes))[d$cl] + 0.3 * d$t + 5, 2)
  d
}
a <- make(sample(4:20, 24, TRUE), rep(0:1, each = 12))
b <- make(c(40, 5, 8, 6, 12, 9, 30, 4, 6, 10, 7, 11), rep(0:1, 6))
both <- make(sample(6:14, 16, TRUE), rep(0, 16)); both$t <- rbinom(nrow(both), 1, 0.5); both$y <- both$y + 0.4 * both$t
cat(toJSON(list(made_by = "clusters_adjusted.R", R = R.version.string, clubSandwich = as.character(packageVersion("clubSandwich")), cases = list(
  one("one covariate", a, "x"), one("two covariates", a, c("x", "w")), one("unequal clusters", b, "x"),
  one("a stratum of whole clusters", a, c("s", "x")), one("members in both arms", both, c("x", "w")))), digits = I(15), auto_unbox = TRUE))
