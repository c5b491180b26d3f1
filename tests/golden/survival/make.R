# What R's survival package makes of durations like those in durations.csv, one figure a line:
#   Rscript make.R durations.csv > expected.csv
# Columns: row, firm, entry, exit (years), cause (0 censored, 1 death, 2 merger), mode, x, area.
suppressMessages(library(survival))
options(digits = 15)
d <- read.csv(commandArgs(TRUE)[1])
d$died <- as.integer(d$cause == 1)
d$both <- as.integer(d$mode == "both")
d$one <- as.integer(d$mode == "one")

out <- function(name, values) cat(sprintf("%s,%.15g\n", name, values), sep = "")
cat("figure,value\n")

# Survival curves by mode: Greenwood for one row a firm, by firm for all; log-log intervals.
curve <- function(name, fit) {
  s <- summary(fit, censored = TRUE)
  group <- if (is.null(s$strata)) rep("all", length(s$time)) else sub("mode=", "", as.character(s$strata))
  key <- paste(name, group, s$time, sep = "/")
  out(paste0(key, "/n"), s$n.risk)
  out(paste0(key, "/survival"), s$surv)
  out(paste0(key, "/error"), s$std.err)
  out(paste0(key, "/low"), s$lower)
  out(paste0(key, "/high"), s$upper)
}
single <- d[!duplicated(d$firm), ]
curve("greenwood", survfit(Surv(entry, exit, died) ~ mode, single, conf.type = "log-log"))
curve("by-firm", survfit(Surv(entry, exit, died) ~ mode, d, cluster = firm, conf.type = "log-log"))
curve("from-zero", survfit(Surv(exit, died) ~ mode, single, conf.type = "log-log"))

# Cumulative incidence of death and merger; R takes errors by `id`, here the row.
d$state <- factor(d$cause, 0:2, c("censored", "death", "merger"))
f <- survfit(Surv(entry, exit, state) ~ mode, d, id = row)
s <- summary(f, censored = TRUE)
for (cause in c("death", "merger")) {
  key <- paste("incidence", sub("mode=", "", as.character(s$strata)), cause, s$time, sep = "/")
  at <- match(cause, f$states)
  out(paste0(key, "/share"), s$pstate[, at])
  out(paste0(key, "/error"), s$std.err[, at])
}

# Log-rank: survdiff where all enter at zero; with left truncation the log-rank test is the score test of the
# exact Cox model, which takes long with many ties: the first 60 rows.
for (strata in c("", "+ strata(area)")) {
  name <- if (strata == "") "plain" else "strata"
  g <- survdiff(as.formula(paste("Surv(exit, died) ~ mode", strata)), d)
  out(paste0("logrank/", name, "/chi2"), g$chisq)
  total <- function(x) if (is.matrix(x)) rowSums(x) else x
  out(paste0("logrank/", name, "/expected/", c("both", "none", "one")), total(g$exp))
  h <- coxph(as.formula(paste("Surv(entry, exit, died) ~ both + one", strata)), d[1:60, ], ties = "exact")
  out(paste0("logrank/", name, "/truncated"), h$score)
}

# Cox with left truncation and Efron's ties, with strata, with errors by firm; proportional hazards.
for (strata in c("", "+ strata(area)")) {
  name <- if (strata == "") "plain" else "strata"
  f <- coxph(as.formula(paste("Surv(entry, exit, died) ~ both + one + x", strata)), d, ties = "efron")
  terms <- c("both", "one", "x")
  out(paste0("cox/", name, "/", terms), coef(f))
  out(paste0("cox/", name, "/", terms, "/error"), sqrt(diag(vcov(f))))
  out(paste0("cox/", name, "/likelihood"), f$loglik[2])
  r <- coxph(as.formula(paste("Surv(entry, exit, died) ~ both + one + x", strata)), d, cluster = firm,
             ties = "efron")
  out(paste0("cox/", name, "/", terms, "/by-firm"), sqrt(diag(vcov(r))))
  g <- coxph(as.formula(paste("Surv(entry, exit, died) ~ mode + x", strata)), d, ties = "efron")
  for (transform in c("identity", "log")) {
    z <- cox.zph(g, transform = transform)$table
    out(paste0("zph/", name, "/", transform, "/", c("mode", "x", "all")), z[, "chisq"])
  }
}

# The hazard in yearly steps: each year at risk a row, a level for each duration; errors by firm.
years <- do.call(rbind, lapply(seq_len(nrow(d)), function(i) {
  t <- (d$entry[i] + 1):d$exit[i]
  data.frame(d[i, c("firm", "both", "one", "x")], t = t, y = as.integer(t == d$exit[i] & d$died[i] == 1),
             row.names = NULL)
}))
years <- years[years$t %in% unique(years$t[years$y == 1]), ]
for (link in c("cloglog", "logit")) {
  f <- glm(y ~ both + one + x + factor(t) - 1, binomial(link), years, control = list(epsilon = 1e-14, maxit = 100))
  terms <- c("both", "one", "x")
  out(paste0("yearly/", link, "/", terms), coef(f)[terms])
  out(paste0("yearly/", link, "/", terms, "/error"), sqrt(diag(vcov(f)))[terms])
  scores <- residuals(f, "working") * weights(f, "working") * model.matrix(f)
  sums <- rowsum(scores, years$firm)
  n <- nrow(sums)
  v <- vcov(f) %*% crossprod(sums) %*% vcov(f) * n / (n - 1)
  out(paste0("yearly/", link, "/", terms, "/by-firm"), sqrt(diag(v))[1:3])
  out(paste0("yearly/", link, "/likelihood"), as.numeric(logLik(f)))
}
