package ringside.image;

import java.util.List;

/**
 * A static Linux program for x86-64: what a kernel's program loader needs of an ELF file (System V ABI, AMD64 supplement, Program
 * Loading and Dynamic Linking).
 *
 * @param file the whole file
 * @param entry linear address of the first instruction
 * @param headers linear address of the program headers in memory; 0 where no segment holds them
 * @param headerCount number of program headers
 * @param segments what is mapped, by rising address, not overlapping
 */
public record LinuxProgram(FileContent file, long entry, long headers, int headerCount, List<Load> segments) {
    /** Bytes of one program header. */
    public static final int HEADER_SIZE = 56;

    public static final int EXECUTE = 1;
    public static final int WRITE = 2;
    public static final int READ = 4;

    /**
     * A loadable segment.
     *
     * @param address linear
     * @param offset in the file; congruent to the address modulo the page size
     * @param inFile bytes that come from the file
     * @param inMemory bytes in memory, not less; the rest is zero
     * @param rights {@link #READ}, {@link #WRITE}, {@link #EXECUTE}
     */
    public record Load(long address, long offset, long inFile, long inMemory, int rights) {
        public long end() {
            return address + inMemory;
        }
    }

    public LinuxProgram {
        segments = List.copyOf(segments);
    }

    /**
     * Reads an ELF file.
     *
     * @throws BadImage if it is no static program for x86-64, or damaged
     */
    public static LinuxProgram read(byte[] bytes) {
        return Elf64.read(bytes);
    }

    /** Is it an ELF file of the 64-bit class? */
    public static boolean recognizes(byte[] bytes) {
        return Elf64.recognizes(bytes);
    }
}
