package ringside.cli;

import java.nio.file.Path;

/** A program that can run a benchmark's boot sector: Ringside itself, or an emulator to compare with. */
interface BenchProgram {
    String name();

    /**
     * Runs a workload to its end.
     *
     * @param iterations rounds of its loop
     * @return CPU seconds that it took
     */
    double cpuSeconds(Workload workload, long iterations);

    /** How many times as many iterations it gets, so that a fast program runs long enough to be measured. */
    default int endurance() {
        return 1;
    }

    /** Where a program is installed, by the PATH. */
    static boolean isInstalled(String program) {
        String path = System.getenv("PATH");
        if (path == null) {
            return false;
        }
        for (String folder : path.split(":", -1)) {
            if (!folder.isEmpty() && java.nio.file.Files.isExecutable(Path.of(folder, program))) {
                return true;
            }
        }
        return false;
    }
}
