# Claim: a Java program with a pool of threads, timers, garbage collection and
# compiled code gives the same results, also in a file that it opens for
# each line.
. "$ROOM/apps.sh"
command -v javac >> trace && command -v java >> trace || skip "no Java"
mkdir -p input
cat > App.java <<'S'
import java.io.*;
import java.util.*;
import java.util.concurrent.*;

public class App {
    static long work(int n) {
        Random r = new Random(n);
        Map<Integer, String> m = new HashMap<>();
        long h = 0;
        for (int i = 0; i < 4000; i++) {
            m.put(r.nextInt(2000), "v" + i);
            h = h * 31 + m.getOrDefault(r.nextInt(2000), "").hashCode();
        }
        return h;
    }
    public static void main(String[] a) throws Exception {
        ExecutorService pool = Executors.newFixedThreadPool(3);
        ScheduledExecutorService timer = Executors.newScheduledThreadPool(1);
        int[] ticks = new int[1];
        timer.scheduleAtFixedRate(() -> ticks[0]++, 1, 5, TimeUnit.MILLISECONDS);
        try (PrintWriter out = new PrintWriter(new FileWriter("results.txt", true))) {
            for (int step = 0; step < 300; step++) {
                List<Future<Long>> f = new ArrayList<>();
                for (int i = 0; i < 6; i++) {
                    int n = step * 6 + i;
                    f.add(pool.submit(() -> work(n)));
                }
                long sum = 0;
                for (Future<Long> x : f) sum += x.get();
                out.println(step + " " + sum);
                try (PrintWriter log = new PrintWriter(new FileWriter("log.txt", true))) { log.println(sum); }
                if (step % 20 == 0) { System.out.println(step + " " + sum); out.flush(); }
                if (step % 60 == 40) new File("progress/" + (step / 60 + 1)).mkdir();
            }
        }
        pool.shutdown();
        timer.shutdownNow();
        System.out.println("ticking " + (ticks[0] > 10));
    }
}
S
javac -d input App.java 2>> trace || fail "javac does not work here"
compare java -Xmx256m -cp . App
