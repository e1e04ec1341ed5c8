-- ckpt.lua - `module load ckpt` under Lmod.
--
-- Installed as <prefix>/share/modulefiles/ckpt/<version>.lua, it finds the
-- prefix from its own place, so a tree may be moved. A site that keeps its
-- modulefiles elsewhere makes a symbolic link to this file.

local function up(path)
   return (path:gsub("/+[^/]*/*$", ""))
end

local file = myFileName()
local prefix = up(up(up(up(file))))
if not isFile(pathJoin(prefix, "bin/ckpt")) then
   local real = subprocess("readlink -f '" .. file .. "'"):gsub("%s+$", "")
   prefix = up(up(up(up(real))))
end
if not isFile(pathJoin(prefix, "bin/ckpt")) then
   LmodError("ckpt is not at " .. prefix .. ": " .. file ..
             " must be <prefix>/share/modulefiles/ckpt/<version>.lua," ..
             " or a symbolic link to it")
end

help([[
ckpt: transparent checkpoint and restart, in Slurm and without.

  sbatch --checkpoint-interval=10 job.sh    every ten minutes
  ckpt launch ./app                         without Slurm
  ckpt --help, man ckpt                     everything else
]])
whatis("Name: ckpt")
whatis("Version: " .. myModuleVersion())
whatis("Description: transparent checkpoint/restart")

conflict("dmtcp")
setenv("CKPT_ROOT", prefix)
prepend_path("PATH", pathJoin(prefix, "bin"))
-- With MANPATH unset, man finds the pages beside PATH; setting it would
-- hide the system's.
if os.getenv("MANPATH") then
   prepend_path("MANPATH", pathJoin(prefix, "share/man"))
end
