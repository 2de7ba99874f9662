package ringside.monitor;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;

/**
 * A kernel made by chance that plays with its page tables: random entries, among them forged ones, large pages, tables that map themselves and
 * each other, flags cleared and rights taken, several roots, with and without INVLPG. What faults is skipped.
 *
 * <p>The first 64 KiB, where its code and handlers are, stay mapped in every root. Tables lie from 20000H on.
 */
public final class RandomTables {
    private static final int TABLES = 0x20000;
    private static final int ROOTS = 3;

    private final Random random;
    private final List<String> lines = new ArrayList<>();
    private final boolean wide;
    private final boolean longMode;

    private RandomTables(long seed) {
        random = new Random(seed);
        int kind = random.nextInt(3);
        wide = kind > 0;
        longMode = kind == 2;
    }

    /** Starts the kernel of a seed. */
    public static Guest start(String mode, Options options, long seed) {
        RandomTables kernel = new RandomTables(seed);
        kernel.write();
        return Guest.of(mode, kernel.longMode ? 64 : 32, options, kernel.lines.toArray(String[]::new));
    }

    private void write() {
        interrupts();
        for (int root = 0; root < ROOTS; root++) {
            tables(root);
        }
        loadRoot(0);
        pagingOn();
        for (int i = 0; i < 70; i++) {
            one();
        }
        lines.add("hlt");
        handler();
    }

    // What is there before paging: the 64-bit guest has tables of its own at 70000H.

    private void interrupts() {
        lines.add("mov " + (longMode ? "rsp" : "esp") + ", 0x9000");
        lines.add("mov edi, 0x6000");
        lines.add("mov ecx, 32");
        String di = longMode ? "rdi" : "edi";
        lines.add("vector: mov word [" + di + "], handler");
        lines.add("mov word [" + di + "+2], 8");
        lines.add("mov word [" + di + "+4], 0x8E00");
        lines.add("add edi, " + (longMode ? 16 : 8));
        lines.add("loop vector");
        lines.add("mov word [0x5F00], 0x1FF");
        lines.add("mov dword [0x5F02], 0x6000");
        lines.add("lidt [0x5F00]");
    }

    private int root(int root) {
        return TABLES + root * 0x4000;
    }

    /** Each root: the outermost table first, page tables in the last of its four pages. */
    private void tables(int root) {
        int at = root(root);
        int leaf = at + 0x3000;
        if (longMode) {
            store(at, at + 0x1000 | 7);
            store(at + 0x1000, at + 0x2000 | 7);
            store(at + 0x2000, leaf | 7);
        } else if (wide) {
            store(at, at + 0x2000 | 1);
            store(at + 0x2000, leaf | 7);
        } else {
            store(at, leaf | 7);
        }
        for (int page = 0; page < 16; page++) {
            store(leaf + page * entrySize(), page << 12 | 3);
        }
        store(leaf + 0x6F * entrySize(), 0x6F003);
    }

    private int entrySize() {
        return wide ? 8 : 4;
    }

    private void store(int at, long entry) {
        lines.add("mov dword [" + at + "], " + (int) entry);
        if (wide) {
            lines.add("mov dword [" + (at + 4) + "], " + (int) (entry >>> 32));
        }
    }

    private void loadRoot(int root) {
        lines.add("mov eax, " + root(root));
        lines.add(longMode ? "mov cr3, rax" : "mov cr3, eax");
    }

    private void pagingOn() {
        if (longMode) {
            return;
        }
        lines.add("mov eax, " + (wide ? 0x20 : 0) + " + " + (random.nextBoolean() ? 0x10 : 0));
        lines.add("mov cr4, eax");
        lines.add("mov eax, cr0");
        lines.add("or eax, " + (random.nextBoolean() ? "0x80010000" : "0x80000000"));
        lines.add("mov cr0, eax");
    }

    // What it does then. Tables are reached where they lie, through entries of the page table for 20000H to 2FFFFH.

    private void one() {
        String resume = "after" + lines.size();
        lines.add("mov dword [0x5E00], " + resume);
        switch (random.nextInt(12)) {
            case 0, 1, 2 -> lines.add("mov edx, [" + address() + "]");
            case 3, 4 -> lines.add("mov dword [" + address() + "], " + random.nextInt());
            case 5 -> lines.add("inc byte [" + address() + "]");
            case 6, 7, 8 -> changeEntry();
            case 9 -> lines.add("invlpg [" + address() + "]");
            case 10 -> loadRoot(random.nextInt(ROOTS));
            default -> switches();
        }
        lines.add(resume + ":");
    }

    /** Mostly in the first 2 MiB, where the page tables reach; sometimes elsewhere. */
    private long address() {
        return switch (random.nextInt(8)) {
            case 0 -> random.nextInt() & (longMode ? 0x7FFF_FFFFL : 0xFFFF_FFFFL);
            case 1, 2 -> (random.nextInt(0x40) + 0x200 << 12) + random.nextInt(4093);
            default -> (random.nextInt(0x60) + 0x10 << 12) + random.nextInt(4093);
        };
    }

    /** Writes an entry of some table by its physical address, with paging off for a moment or through a page of its own. */
    private void changeEntry() {
        int table = root(random.nextInt(ROOTS)) + 0x1000 * random.nextInt(4);
        int index = 16 + random.nextInt(0x50);
        if (random.nextInt(3) == 0) {
            index = 1 + random.nextInt(8);
            table = root(random.nextInt(ROOTS)) + (longMode || wide ? 0x2000 : 0);
        }
        long target = random.nextInt(3) == 0
                ? root(random.nextInt(ROOTS)) + 0x1000 * random.nextInt(4)
                : random.nextInt(0x200) << 12;
        long flags = switch (random.nextInt(6)) {
            case 0 -> random.nextInt(0x1000);
            case 1 -> 0;
            case 2 -> 0x63;
            default -> 7;
        };
        long forged = wide && random.nextInt(10) == 0 ? random.nextLong() & 0xFFF0_0000_0000_0000L : 0;
        // The tables are in the guest's own reach under every root only while the page table of that root says so.
        int alias = root(0) + 0x3000 + (table >>> 12) * entrySize();
        lines.add(longMode ? "mov rbx, cr3" : "mov ebx, cr3");
        lines.add("mov dword [0x5D00], ebx");
        if (longMode) {
            lines.add("mov ebx, 0x70000");
            lines.add("mov cr3, rbx");
        } else {
            lines.add("mov ebx, cr0");
            lines.add("and ebx, 0x7FFFFFFF");
            lines.add("mov cr0, ebx");
        }
        if (random.nextBoolean()) {
            store(alias, table | 3);
        }
        store(table + index * entrySize(), target | flags | forged);
        if (longMode) {
            lines.add("mov ebx, [0x5D00]");
            lines.add("mov cr3, rbx");
        } else {
            lines.add("or ebx, 0x80000000");
            lines.add("mov cr0, ebx");
        }
        if (random.nextBoolean()) {
            // And once more, now through the tables themselves.
            store(table + index * entrySize(), target ^ 0x1000 | 7);
        }
    }

    private void switches() {
        switch (random.nextInt(4)) {
            case 0 -> {
                lines.add(longMode ? "mov rax, cr0" : "mov eax, cr0");
                lines.add("xor eax, 0x10000");
                lines.add(longMode ? "mov cr0, rax" : "mov cr0, eax");
            }
            case 1 -> {
                lines.add(longMode ? "mov rax, cr4" : "mov eax, cr4");
                lines.add("xor eax, " + (random.nextBoolean() ? 0x10 : 0x80));
                lines.add(longMode ? "mov cr4, rax" : "mov cr4, eax");
            }
            case 2 -> {
                lines.add("mov ecx, 0xC0000080");
                lines.add("rdmsr");
                lines.add("xor eax, 0x800");
                lines.add("wrmsr");
            }
            default -> lines.add("mov edx, [fs:" + address() + "]");
        }
    }

    /** Whatever faults goes on behind itself. */
    private void handler() {
        lines.add("handler:");
        lines.add("inc dword [0x5E10]");
        if (longMode) {
            lines.add("mov rsp, 0x8F00");
            lines.add("push 0x10");
            lines.add("push 0x8F80");
            lines.add("push 2");
            lines.add("push 8");
            lines.add("push qword [0x5E00]");
            lines.add("iretq");
        } else {
            lines.add("mov esp, 0x8F00");
            lines.add("push 2");
            lines.add("push 8");
            lines.add("push dword [0x5E00]");
            lines.add("iret");
        }
    }
}
