# Skewness-corrected score tests and intervals of two rates, by R's package ratesci (Laud 2017), with strata too.
# Run: Rscript tests/reference/skewness.R > tests/reference/skewness.json   (needs ratesci and jsonlite)
library(jsonlite)
suppressWarnings(suppressMessages(library(ratesci)))

tables <- list(c(480, 2000, 530, 2000), c(95, 950, 10, 50), c(10, 200, 490, 3800), c(480, 3800, 16, 200),
               c(245, 356, 270, 370), c(56, 70, 48, 80), c(9, 30, 40, 180), c(0, 100, 12, 100), c(100, 100, 90, 100),
               c(30, 1000, 350, 9000), c(900, 950, 40, 50), c(19, 20, 95, 180), c(7, 34, 8, 34), c(600, 1000, 30, 60))

one <- function(t, level) {
  x1 <- t[3]; n1 <- t[4]; x2 <- t[1]; n2 <- t[2]
  by <- function(contrast, theta0) {
    found <- scoreci(x1 = x1, n1 = n1, x2 = x2, n2 = n2, contrast = contrast, level = level, precis = 12, theta0 = theta0, or_bias = FALSE)
    list(low = unname(found$estimates[1, "lower"]), high = unname(found$estimates[1, "upper"]),
         p = unname(found$pval[1, "pval2sided"]), above = unname(found$pval[1, "pval_right"]))
  }
  list(table = t, level = level, difference = by("RD", -0.05), ratio = by("RR", 0.9), odds = by("OR", 0.9))
}

strata <- list(x1 = c(21, 76, 73, 75), n1 = c(29, 96, 124, 107), x2 = c(19, 73, 91, 87), n2 = c(27, 95, 130, 118))
uneven <- list(x1 = c(9, 14, 30), n1 = c(60, 50, 90), x2 = c(100, 150, 60), n2 = c(900, 700, 250))
many <- function(s) {
  by <- function(contrast, theta0) {
    found <- scoreci(x1 = s$x1, n1 = s$n1, x2 = s$x2, n2 = s$n2, contrast = contrast, stratified = TRUE,
                     weighting = "MH", precis = 12, theta0 = theta0, or_bias = FALSE)
    list(low = unname(found$estimates[1, "lower"]), high = unname(found$estimates[1, "upper"]),
         p = unname(found$pval[1, "pval2sided"]), above = unname(found$pval[1, "pval_right"]))
  }
  list(strata = s, difference = by("RD", -0.125), ratio = by("RR", 0.9))
}

found <- list(made_with = paste(R.version.string, "ratesci", packageVersion("ratesci")),
              tables = c(lapply(tables, one, level = 0.95), lapply(tables, one, level = 0.99)),
              stratified = lapply(list(strata, uneven), many))
cat(toJSON(found, digits = NA, auto_unbox = TRUE, pretty = TRUE), "\n")
