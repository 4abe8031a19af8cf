# Makes stats.json: numbers from R that tests/stats compares with. Run: Rscript stats.R
# Debian packages: r-base-core, r-cran-jsonlite.
library(jsonlite)

tables <- list(c(8502, 44700, 8279, 45489), c(2033, 3785, 1945, 3423), c(48, 80, 56, 70), c(3, 10, 9, 10), c(10, 200, 12, 210))
two_rates <- lapply(tables, function(t) {
  test <- suppressWarnings(prop.test(c(t[3], t[1]), c(t[4], t[2]), correct = FALSE))
  list(table = t, chi2 = unname(test$statistic), p = test$p.value)
})

one_rate <- lapply(list(c(0, 10), c(10, 10), c(8502, 44700), c(1, 29), c(5, 56)), function(t) {
  lapply(c(0.9, 0.95, 0.99), function(level) {
    list(rate = t, confidence = level, interval = prop.test(t[1], t[2], correct = FALSE, conf.level = level)$conf.int[1:2])
  })
})

hillstrom <- prop.test(c(3894, 3238, 2262), c(21307, 21387, 21306), correct = FALSE)
overall <- list(chi2 = unname(hillstrom$statistic), df = unname(hillstrom$parameter), p = hillstrom$p.value)

srm <- lapply(list(list(c(44700, 45489), c(1, 1)), list(c(21307, 21387, 21306), c(1, 1, 1)), list(c(5020, 95400), c(5, 95))), function(a) {
  test <- chisq.test(a[[1]], p = a[[2]] / sum(a[[2]]))
  list(counts = a[[1]], weights = a[[2]], chi2 = unname(test$statistic), df = unname(test$parameter), p = test$p.value)
})

# Darwin's and Student's data sets that come with R, so that the input is known exactly.
x <- sleep$extra[sleep$group == 1]; y <- sleep$extra[sleep$group == 2]
moments <- function(v) list(n = length(v), mean = mean(v), variance = var(v))
welch <- t.test(y, x, conf.level = 0.95)
means <- list(control = moments(x), treatment = moments(y), t = unname(welch$statistic), df = unname(welch$parameter),
  p = welch$p.value, interval = welch$conf.int[1:2], one = t.test(x)$conf.int[1:2])
anova <- oneway.test(weight ~ group, PlantGrowth)
welch_anova <- list(groups = lapply(split(PlantGrowth$weight, PlantGrowth$group), moments), F = unname(anova$statistic),
  df = unname(anova$parameter), p = anova$p.value)

p <- c(0.01, 0.04, 0.03, 0.005, 0.2, 0.04, 0.9, 1e-6)
methods <- c("holm", "hochberg", "bonferroni", "BH", "BY")
adjusted <- setNames(lapply(methods, function(m) p.adjust(p, m)), tolower(methods))

out <- list(made_by = "stats.R", R = R.version.string, two_rates = two_rates, one_rate = do.call(c, one_rate), overall = overall, srm = srm,
  means = means, welch_anova = welch_anova, p = p, adjusted = adjusted)
write_json(out, "stats.json", digits = I(16), auto_unbox = TRUE)
