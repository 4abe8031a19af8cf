# Makes the part "r" of bayes.json: quantities of two independent beta posteriors by adaptive quadrature (integrate) and
# root finding (uniroot), in the rate itself. Run: Rscript bayes.R, then python bayes.py. Debian: r-base-core r-cran-jsonlite.
suppressMessages(library(jsonlite))
tables <- list(c(480, 2000, 530, 2000), c(20, 40, 24, 40), c(3, 50, 12, 60), c(95, 100, 97, 100), c(1, 30, 30, 30), c(40, 400, 5, 20),
  c(8502, 44700, 8279, 45489), c(3, 1e6, 9, 1e6), c(500000, 1e6, 500700, 1e6), c(5, 10, 450000, 1e6))
priors <- list(c(0.5, 0.5), c(1, 1), c(5, 45))
piecewise <- function(f, cuts) sum(mapply(function(l, h) integrate(f, l, h, rel.tol = 1e-11, abs.tol = 1e-14, subdivisions = 2000, stop.on.error = FALSE)$value, head(cuts, -1), tail(cuts, -1)))
cases <- list()
for (x in tables) for (prior in priors) {
  c <- c(x[1] + prior[1], x[2] - x[1] + prior[2]); t <- c(x[3] + prior[1], x[4] - x[3] + prior[2])
  # Where the control has its mass, cut at its quantiles.
  upper <- function(d) qbeta(c(1e-8, 1e-12, 1e-16), d[1], d[2], lower.tail = FALSE)
  cuts <- unique(c(qbeta(c(0, 1e-14, 1e-8, 1e-4, 0.02, 0.2, 0.5, 0.8, 0.98, 1 - 1e-4), c[1], c[2]), upper(c), 1))
  also <- c(qbeta(c(1e-14, 1e-8, 1e-4, 0.02, 0.5, 0.98, 1 - 1e-4), t[1], t[2]), upper(t))
  mean_over_control <- function(g, more) piecewise(function(p) dbeta(p, c[1], c[2]) * g(p), sort(unique(c(cuts, more[more > 0 & more < 1]))))
  difference <- function(d) mean_over_control(function(p) pbeta(p + d, t[1], t[2]), also - d)
  ratio <- function(r) mean_over_control(function(p) pbeta(p * r, t[1], t[2]), also / r)
  loss <- function(f, s) piecewise(function(p) pbeta(p, f[1], f[2]) * pbeta(p, s[1], s[2], lower.tail = FALSE), sort(unique(c(0, cuts, also, 1))))
  root <- function(f, p, low, high) uniroot(function(v) f(v) - p, c(low, high), tol = 1e-15, maxiter = 500)$root
  m <- c[1] / sum(c); n <- t[1] / sum(t); s <- sqrt(m * (1 - m) / sum(c) + n * (1 - n) / sum(t))
  spread <- sqrt(trigamma(c[1]) - trigamma(sum(c)) + trigamma(t[1]) - trigamma(sum(t)))
  lift <- sapply(c(0.025, 0.5, 0.975), function(p) root(function(v) ratio(exp(v)), p, log(n / m) - 9 * spread, log(n / m) + 9 * spread))
  cases[[length(cases) + 1]] <- list(table = x, prior = prior, better = mean_over_control(function(p) pbeta(p, t[1], t[2], lower.tail = FALSE), also),
    loss_treatment = loss(t, c), loss_control = loss(c, t),
    difference = sapply(c(0.025, 0.975), function(p) root(difference, p, max(-1, n - m - 9 * s), min(1, n - m + 9 * s))), log_ratio = lift)
}
old <- if (file.exists("bayes.json")) fromJSON("bayes.json", simplifyVector = FALSE) else list()
old$r <- list(made_by = "bayes.R", R = R.version.string, cases = cases)
write_json(old, "bayes.json", digits = NA, auto_unbox = TRUE)
