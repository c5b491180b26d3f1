# Writes golden.csv: what R finds on panel.csv. Needs base R; and for Ackerberg-Caves-Frazer the package
# prodest 1.0.2, installed or as a file of its functions named by PRODEST (the stored numbers were made from such a
# file: .prepare_acf_data, lagPanel, gACF and the estimating part of finalACF). Run in this folder: Rscript make_golden.R
#
# acf-prodest   elasticities that prodest gives (its search stops early: about four digits)
# acf           the same criterion (prodest's gACF) minimised to the last digit, from there
# acf-other     and from least squares: the second solution of the same moments
# second, both  Wooldridge's equations by the textbook formulas, written out with R's matrices:
#               coefficients, standard errors clustered by firm (times G / (G - 1)), Hansen's statistic

if (requireNamespace("prodest", quietly = TRUE)) {
  prepare <- getFromNamespace(".prepare_acf_data", "prodest")
  final <- getFromNamespace("finalACF", "prodest")
  criterion <- getFromNamespace("gACF", "prodest")
  lagged <- getFromNamespace("lagPanel", "prodest")
} else {
  source(Sys.getenv("PRODEST"))
  prepare <- .prepare_acf_data; final <- finalACF; criterion <- gACF; lagged <- lagPanel
}
d <- read.csv("panel.csv")
found <- list()
keep <- function(what, name, value) found[[length(found) + 1]] <<- data.frame(what, name, value = sprintf("%.12g", value))
before <- function(x) lagged(d$id, d$year, x)

# -- Ackerberg, Caves and Frazer ---------------------------------------------------------------------------
one <- function(x) matrix(x, ncol = 1)
data <- prepare(one(d$y), one(d$l), one(d$k), one(d$m), one(d$id), one(d$year))
near <- final(TRUE, data, 1, 1, 0, "optim", c(0.6, 0.4))
keep("acf-prodest", "l", near$betas[1]); keep("acf-prodest", "k", near$betas[2])
phi <- fitted(lm(y ~ (l + k + m)^2 + I(l^2) + I(k^2) + I(m^2), d))
use <- !is.na(before(d$y))
Z <- cbind(before(d$l), d$k)[use, ]; X <- cbind(d$l, d$k)[use, ]; lX <- cbind(before(d$l), before(d$k))[use, ]
W <- solve(crossprod(Z)) / nrow(Z)
solution <- function(start) {
  for (step in 1:30) start <- optim(start, function(b) criterion(b, Z, W, X, lX, phi[use], before(phi)[use]),
    control = list(reltol = 1e-20, abstol = 0, maxit = 5000))$par
  start
}
exact <- solution(near$betas)
keep("acf", "l", exact[1]); keep("acf", "k", exact[2])
other <- solution(coef(lm(y ~ l + k, d))[2:3])
keep("acf-other", "l", other[1]); keep("acf-other", "k", other[2])

# -- Wooldridge --------------------------------------------------------------------------------------------
d$lk <- before(d$k); d$lm <- before(d$m); d$ll <- before(d$l)
u <- d[use, ]
years <- model.matrix(~ factor(year), u)
now <- with(u, cbind(years, k, m, k * m, k^2, m^2))
ago <- with(u, cbind(years, lk, lm, lk * lm, lk^2, lm^2))
X2 <- cbind(u$l, u$k, ago); Z2 <- cbind(u$ll, u$k, ago)
X1 <- cbind(u$l, now); Z1 <- X1
gmm <- function(X, Z, Y, firm, name, efficient) {
  A <- crossprod(Z, X); z <- crossprod(Z, Y)
  W <- solve(crossprod(Z))
  coefs <- function(W) solve(t(A) %*% W %*% A, t(A) %*% W %*% z)
  scores <- function(b) rowsum(Z * as.vector(Y - X %*% b), firm)
  b <- coefs(W)
  if (efficient) { W <- solve(crossprod(scores(b))); b <- coefs(W) }
  s <- scores(b)
  bread <- solve(t(A) %*% W %*% A) %*% t(A) %*% W
  V <- bread %*% crossprod(s) %*% t(bread) * nrow(s) / (nrow(s) - 1)
  keep(name, "l", b[1]); keep(name, "k", b[2])
  keep(paste0(name, "-error"), "l", sqrt(V[1, 1])); keep(paste0(name, "-error"), "k", sqrt(V[2, 2]))
  if (efficient) keep(paste0(name, "-hansen"), "j", as.numeric(t(colSums(s)) %*% W %*% colSums(s)))
}
gmm(X2, Z2, u$y, u$id, "second", FALSE)
zero <- function(rows, columns) matrix(0, rows, columns)
n <- nrow(u)
stackedX <- rbind(cbind(X2, zero(n, ncol(now))), cbind(u$l, 0, zero(n, ncol(ago)), now))
stackedZ <- rbind(cbind(Z2, zero(n, ncol(Z1))), cbind(zero(n, ncol(Z2)), Z1))
gmm(stackedX, stackedZ, c(u$y, u$y), c(u$id, u$id), "both", TRUE)
write.csv(do.call(rbind, found), "golden.csv", row.names = FALSE, quote = FALSE)
