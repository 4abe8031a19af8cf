# Makes dunnett.json: many-to-one comparisons by mvtnorm and multcomp. Run: Rscript dunnett.R.
# Debian packages: r-base-core r-cran-jsonlite r-cran-mvtnorm r-cran-multcomp.
# TVPACK and Miwa are quadratures (about 1e-12 and 1e-7); three comparisons at most for TVPACK, the normal only for Miwa.
suppressMessages({library(jsonlite); library(mvtnorm); library(multcomp)})
correlation <- function(shares) {l <- sqrt(shares); r <- outer(l, l); diag(r) <- 1; r}
# TVPACK has lower orthants only: a box is their sum with alternating signs.
box <- function(c, r, df) {
  k <- nrow(r); signs <- as.matrix(expand.grid(rep(list(c(1, -1)), k)))
  sum(apply(signs, 1, function(s) prod(s) * pmvt(rep(-Inf, k), c * s, df = df, corr = r, algorithm = TVPACK(abseps = 1e-14))[1]))
}
shares <- list(c(0.5, 0.5), c(0.2, 0.7), c(0.5, 0.5, 0.5), c(0.1, 0.5, 0.95), c(0.02, 0.3, 0.999))
small <- list()
for (s in shares) for (df in c(0, 2, 5, 12, 60, 1000)) for (c in c(1, 2.3, 3.5))
  small[[length(small) + 1]] <- list(shares = s, df = df, c = c, p = 1 - box(c, correlation(s), df))
miwa <- lapply(list(rep(0.5, 5), c(0.1, 0.3, 0.5, 0.7, 0.9), c(0.3, 0.3, 0.6, 0.6)), function(s)
  list(shares = s, c = 2.4, p = { k <- length(s); 1 - pmvnorm(rep(-2.4, k), rep(2.4, k), corr = correlation(s), algorithm = Miwa(steps = 4097))[1] }))

# Dunnett (1955), p. 1101: blood counts (millions of cells per cubic millimetre) of a control group and two drugs.
blood <- data.frame(count = c(7.40, 8.50, 7.20, 8.24, 9.84, 8.32, 9.76, 8.80, 7.68, 9.36, 12.80, 9.68, 12.16, 9.20, 10.55),
  group = factor(rep(c("control", "A", "B"), c(6, 4, 5)), levels = c("control", "A", "B")))
fit <- glht(aov(count ~ group, blood), linfct = mcp(group = "Dunnett"))
set.seed(1)
test <- summary(fit, test = adjusted(abseps = 1e-8, maxpts = 1e7))$test  # Genz-Bretz, by random numbers
r <- unname(cov2cor(vcov(fit)))
critical <- uniroot(function(c) box(c, r, 12) - 0.95, c(2, 3.5), tol = 1e-14)$root
interval <- confint(fit, calpha = critical)$confint
example <- list(counts = lapply(split(blood$count, blood$group), identity), difference = unname(test$coefficients), se = unname(test$sigma),
  p = as.numeric(test$pvalues), critical = critical, low = unname(interval[, "lwr"]), high = unname(interval[, "upr"]))
write_json(list(made_by = "dunnett.R", R = R.version.string, mvtnorm = as.character(packageVersion("mvtnorm")),
  multcomp = as.character(packageVersion("multcomp")), tvpack = small, miwa = miwa, blood = example), "dunnett.json", digits = NA, auto_unbox = TRUE)
