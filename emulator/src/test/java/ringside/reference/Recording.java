package ringside.reference;

import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.zip.GZIPInputStream;
import java.util.zip.GZIPOutputStream;

/**
 * What a host has answered, kept for machines that cannot ask one. Compressed by gzip; numbers are big-endian:
 *
 * <pre>
 *  UTF   "ringside host results 1"
 *  UTF   vendor of the processor
 *  int   number of entries; each is
 *    short, bytes     the case as harness.c reads it
 *    byte             vector, FF for none
 *    int, long        error code, CR2
 *    long, int        RIP, flags
 *    6 short          selectors of ES, CS, SS, DS, FS, GS
 *    short, longs     which registers are not what they were (bit 0 RAX), and their values
 *    short, (short, byte)…   how many bytes of the window changed, their offsets and values
 * </pre>
 *
 * @param vendor as CPUID gives it
 * @param entries the cases with their results
 */
record Recording(String vendor, List<Entry> entries) {
    private static final String HEADING = "ringside host results 1";

    /** A case and what the host made of it. */
    record Entry(Case given, Result result) {}

    void write(OutputStream to) throws IOException {
        try (var out = new DataOutputStream(new GZIPOutputStream(to))) {
            out.writeUTF(HEADING);
            out.writeUTF(vendor);
            out.writeInt(entries.size());
            for (Entry entry : entries) {
                byte[] given = entry.given.toBytes();
                out.writeShort(given.length);
                out.write(given);
                write(out, entry.result, start(entry.given));
            }
        }
    }

    private static void write(DataOutputStream out, Result result, long[] start) throws IOException {
        out.writeByte(result.vector());
        out.writeInt(result.error());
        out.writeLong(result.cr2());
        out.writeLong(result.rip());
        out.writeInt(result.flags());
        for (int selector : result.selectors()) {
            out.writeShort(selector);
        }
        int changed = 0;
        for (int i = 0; i < 16; i++) {
            changed |= result.registers()[i] != start[i] ? 1 << i : 0;
        }
        out.writeShort(changed);
        for (int i = 0; i < 16; i++) {
            if ((changed >> i & 1) != 0) {
                out.writeLong(result.registers()[i]);
            }
        }
        out.writeShort(result.changes().size());
        for (Map.Entry<Integer, Integer> change : result.changes().entrySet()) {
            out.writeShort(change.getKey());
            out.writeByte(change.getValue());
        }
    }

    static Recording read(InputStream from) throws IOException {
        try (var in = new DataInputStream(new GZIPInputStream(from))) {
            if (!in.readUTF().equals(HEADING)) {
                throw new IOException("not a recording of a host's results");
            }
            String vendor = in.readUTF();
            int count = in.readInt();
            var entries = new ArrayList<Entry>(count);
            for (int i = 0; i < count; i++) {
                var bytes = new byte[in.readUnsignedShort()];
                in.readFully(bytes);
                Case given = Case.fromBytes(bytes);
                entries.add(new Entry(given, result(in, start(given))));
            }
            return new Recording(vendor, entries);
        }
    }

    private static Result result(DataInputStream in, long[] start) throws IOException {
        int vector = in.readByte();
        int error = in.readInt();
        long cr2 = in.readLong();
        long rip = in.readLong();
        int flags = in.readInt();
        var selectors = new int[6];
        for (int i = 0; i < 6; i++) {
            selectors[i] = in.readUnsignedShort();
        }
        long[] registers = start.clone();
        int changed = in.readUnsignedShort();
        for (int i = 0; i < 16; i++) {
            registers[i] = (changed >> i & 1) != 0 ? in.readLong() : registers[i];
        }
        SortedMap<Integer, Integer> changes = new TreeMap<>();
        for (int i = in.readUnsignedShort(); i > 0; i--) {
            int offset = in.readUnsignedShort();
            changes.put(offset, in.readUnsignedByte());
        }
        return new Result(vector, error, cr2, rip, flags, selectors, registers, changes);
    }

    /** The registers as results count them. */
    private static long[] start(Case given) {
        return given.bits() == 64 ? given.registers() : Result.lowHalves(given.registers());
    }
}
