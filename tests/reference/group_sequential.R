# Group sequential designs by R's rpact.
# Run: Rscript tests/reference/group_sequential.R > tests/reference/group_sequential.json   (needs rpact and jsonlite)
suppressMessages({library(jsonlite); library(rpact)})
information <- list(c(.4, .7, 1), c(.5, 1), c(.2, .4, .6, .8, 1), c(.1, .5, .55, 1), seq(.1, 1, .1))
families <- list(list("asOF", 0), list("asP", 0), list("asHSD", -4), list("asHSD", 1), list("asKD", 2))
designs <- list()
for (i in information) for (f in families) {
  d <- getDesignGroupSequential(sided = 1, alpha = .025, beta = .2, informationRates = i, typeOfDesign = f[[1]], gammaA = if (f[[1]] %in% c("asHSD", "asKD")) f[[2]] else NA_real_,
                                typeBetaSpending = "bsOF", bindingFutility = FALSE)
  ch <- getDesignCharacteristics(d)
  plain <- getDesignGroupSequential(sided = 1, alpha = .025, beta = .2, informationRates = i, typeOfDesign = f[[1]], gammaA = if (f[[1]] %in% c("asHSD", "asKD")) f[[2]] else NA_real_)
  chp <- getDesignCharacteristics(plain)
  designs[[length(designs) + 1]] <- list(information = i, kind = f[[1]], gamma = f[[2]], critical = d$criticalValues, futility = d$futilityBounds,
    shift = ch$shift, average0 = ch$averageSampleNumber0, average1 = ch$averageSampleNumber1, inflation = ch$inflationFactor,
    plain = list(critical = plain$criticalValues, shift = chp$shift, average1 = chp$averageSampleNumber1, average0 = chp$averageSampleNumber0, inflation = chp$inflationFactor))
}
two <- lapply(list(c(.4, .7, 1), c(.25, .5, .75, 1)), function(i)
  list(information = i, critical = getDesignGroupSequential(sided = 2, alpha = .05, informationRates = i, typeOfDesign = "asP")$criticalValues))
delayed <- lapply(list(list(c(.4, .7, 1), c(.16, .2)), list(c(.3, .6, 1), c(.1, .1)), list(c(.5, 1), c(.2))), function(x) {
  d <- getDesignGroupSequential(sided = 1, alpha = .025, beta = .2, informationRates = x[[1]], typeOfDesign = "asOF", typeBetaSpending = "bsOF",
                                bindingFutility = TRUE, delayedInformation = x[[2]])
  list(information = x[[1]], delayed = x[[2]], critical = d$criticalValues, futility = d$futilityBounds, decision = d$decisionCriticalValues)
})
stopped <- lapply(list(list(c(190, 150), c(160, 110), c(400, 300)), list(c(220), c(160), c(400)), list(c(180, 140, 160), c(170, 120, 130), c(400, 300, 300))), function(x) {
  k <- length(x[[1]])
  d <- getDesignGroupSequential(sided = 1, alpha = .025, informationRates = c(.4, .7, 1), typeOfDesign = "asOF")
  data <- getDataset(events1 = x[[1]], events2 = x[[2]], n1 = x[[3]], n2 = x[[3]])
  invisible(capture.output(r <- suppressWarnings(getAnalysisResults(d, data, directionUpper = TRUE))))
  list(events1 = x[[1]], events2 = x[[2]], n = x[[3]], p = r$finalPValues[k], low = r$finalConfidenceIntervalLowerBounds[k],
       high = r$finalConfidenceIntervalUpperBounds[k], estimate = r$medianUnbiasedEstimates[k], stage = r$finalStage)
})
cat(toJSON(list(designs = designs, two = two, delayed = delayed, stopped = stopped, rpact = as.character(packageVersion("rpact"))),
           auto_unbox = TRUE, digits = NA, pretty = TRUE))
