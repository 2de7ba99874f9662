package ringside.monitor.translation;

import ringside.cpu.Exit;

/** The kernel has come to code that was not scanned. */
final class NotScanned extends Exit {
    private static final long serialVersionUID = 1;
}
