# Claim: a Fortran program that opens its lists with position="append" for each
# line, formatted and not, has each line once.
. "$ROOM/apps.sh"
command -v gfortran >> trace || skip "no gfortran"
mkdir -p input
cat > app.f90 <<'S'
program app
  implicit none
  real(8) :: a(200, 200)
  integer :: step, i, j
  a = reshape([((mod(i * j, 97) / 97d0, i = 1, 200), j = 1, 200)], [200, 200])
  do step = 1, 120
    a = matmul(a, transpose(a)) / 70
    a = a / maxval(a)
    open (10, file="list", position="append")
    write (10, '(i4, es24.16)') step, sum(a)
    close (10)
    open (11, file="written", position="append", action="write")
    write (11, *) step
    close (11)
    open (12, file="stream", position="append", access="stream", form="unformatted")
    write (12) step, a(1, 1)
    close (12)
    if (step > 45) then
      open (13, file="late", position="append")
      write (13, *) step
      close (13)
    end if
    if (mod(step, 25) == 20 .and. step < 100) &
      call execute_command_line("mkdir -p progress/" // char(48 + (step + 5) / 25))
  end do
end program
S
gfortran -O1 -o input/app app.f90 >> trace 2>&1 || skip "gfortran does not work"
compare ./app
