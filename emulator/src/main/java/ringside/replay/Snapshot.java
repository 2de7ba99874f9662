package ringside.replay;

import ringside.memory.Ram;
import ringside.monitor.Monitor;
import ringside.trace.ExitCounts;
import ringside.trace.TraceLog;

/** A boundary of a run, complete: from here it can be played on. */
record Snapshot(long time, boolean ended, Monitor.State state, ExitCounts.State exits, TraceLog.State log) {
    /** What a snapshot takes beside the frames of RAM: roughly its processor state and TLB, and a reference for each frame. */
    private static final long FIXED_BYTES = 64 << 10;

    private static final long REFERENCE_BYTES = 4;

    /** Bytes of memory that go when this snapshot goes, and the one before it stays. */
    long bytesBeside(Snapshot previous) {
        long frames = ram().framesNotSharedWith(previous.ram());
        long disk = state.machine()
                .disk()
                .bytesNotSharedWith(previous.state.machine().disk());
        return FIXED_BYTES + REFERENCE_BYTES * ram().frames() + Ram.FRAME_SIZE * frames + disk;
    }

    private Ram.State ram() {
        return state.machine().ram();
    }
}
