package ringside.monitor.shadow;

/** How the real processor walks shadow tables, and who runs on them. */
public enum View {
    /** PAE paging: a guest of 32 bits, or without paging. */
    LEGACY(2, false),
    /** PAE paging too, for a guest in real mode that really is in virtual-8086 mode: the processor's TSS is in its address space. */
    VIRTUAL_8086(2, false),
    /** Paging of four levels. */
    LONG(4, false),
    /** The same, for a guest's kernel that really runs at ring 3, where U/S tells nothing apart: all its pages are user pages. */
    LONG_KERNEL(4, true),
    /** And for the programs of that kernel. */
    LONG_USER(4, false);

    private final int top;
    private final boolean kernelAtRing3;

    View(int top, boolean kernelAtRing3) {
        this.top = top;
        this.kernelAtRing3 = kernelAtRing3;
    }

    /** Level of the outermost shadow page; the four pointers of PAE paging stand above it. */
    int top() {
        return top;
    }

    boolean isLegacy() {
        return top == 2;
    }

    boolean kernelAtRing3() {
        return kernelAtRing3;
    }
}
