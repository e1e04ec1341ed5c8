# Claim: an R program with matrices, closures and its random generator gives
# the same numbers, also in a file that it opens for each line.
. "$ROOM/apps.sh"
command -v Rscript >> trace || skip "no R"
mkdir -p input
cat > input/app.R <<'S'
set.seed(11)
out <- file("results.txt", "a")
m <- matrix(rnorm(90000), 300)
acc <- list()
f <- function(k) function(x) x * k
for (step in 1:120) {
  m <- tanh(m %*% t(m) / 300) + rnorm(1) * 0.01
  acc[[step]] <- f(step)(sum(m))
  cat(step, sprintf("%a", m[1]), "\n", file = "log.txt", append = TRUE)
  if (step %% 10 == 0) {
    cat(step, sprintf("%.17g", acc[[step]]), sprintf("%.17g", runif(1)), "\n")
    write.table(data.frame(step, s = sprintf("%a", sum(m))), out,
                col.names = FALSE, quote = FALSE)
    flush(out)
  }
  if (step %in% c(20, 45, 70, 95)) dir.create(file.path("progress", (step - 20) %/% 25 + 1), showWarnings = FALSE)
}
fit <- lm(y ~ x, data.frame(x = 1:120, y = unlist(acc)))
cat(sprintf("%.12g", coef(fit)), "\n")
S
compare Rscript --vanilla app.R
