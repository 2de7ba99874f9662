package ringside.image;

import ringside.isa.Wording;

/** All that is said about guest files and memory sizes, and the names of what lies in memory. */
public enum ImageWording implements Wording {
    // spotless:off
    IN_SOURCE("{0}:{1}:{2}: {3}"),
    IN_SOURCE_HINT("{0}:{1}:{2}: {3} ({4})"),
    LONG_SOURCE("the source {0} has more than 1 MiB; use %rep and times, or incbin for data"),
    SOURCE_NO_TEXT("the source {0} is not text in UTF-8; a binary file must not end in .asm"),
    UNKNOWN_EXTENSION("the source {0} asks for a processor with {1}, which this one cannot have; it can have svm or vmx"),
    TWO_EXTENSIONS("the source {0} asks for a processor with both svm and vmx; there is none, so ask for one of them"),
    NO_DOMAIN_0("the source {0} wants {1} as its domain 0, and there is no such file beside it; the one that comes with"
            + " Ringside is dom0.asm"),
    NO_KERNEL_FOR_DOMAIN_0("{0} is no kernel for Xen, so it cannot be domain 0"),
    ELF_NOT_32("a multiboot kernel must be a 32-bit little-endian ELF file; link it with -m elf_i386"),
    ELF_NOT_EXECUTABLE("the ELF file is not an executable for the Intel 386; link it statically with -m elf_i386"),
    ELF_HEADER_SIZE("the ELF file's program headers have {0} bytes instead of 32: it is damaged"),
    ELF_MANY_HEADERS("the ELF file has {0} program headers; more than {1} are not read"),
    ELF_SEGMENT_SIZE("{0} is larger in the file than in memory: it is damaged"),
    ELF_ENTRY("the ELF file's entry address {0} lies in none of its loadable segments"),
    ELF_WITHOUT_MULTIBOOT("the ELF file {0} has no multiboot header in its first 8 KiB, so how to start it is not known"),
    ELF_64_HEADER("the ELF file has no whole 64-bit little-endian header: it is damaged or cut short"),
    ELF_64_NOT_EXECUTABLE(
            "the ELF file is no executable with fixed addresses for x86-64; link it with -static -no-pie"),
    ELF_64_HEADERS("the ELF file has {0} program headers of {1} bytes; a program has 1 to {2} of {3}"),
    ELF_DYNAMIC("the ELF file needs a dynamic linker, which is not there; link it with -static -no-pie"),
    ELF_SHARED_PAGE("two segments of the ELF file share the page at {0}; link with pages of 4 KiB"),
    ELF_ENTRY_NOT_EXECUTABLE("the ELF file's entry address {0} lies in none of its executable segments"),
    ELF_BEYOND_FILE("{0} lies beyond the end of the file: it is damaged or cut short"),
    ELF_OUTSIDE_USER_SPACE("{0} lies outside user space ({1} bytes at {2})"),
    ELF_NEITHER_CLASS("the ELF file is neither a 32-bit nor a 64-bit little-endian one, or is cut short"),
    NOTES_BEYOND_FILE("notes of the ELF file lie beyond its end: it is damaged or cut short"),
    NOTES_MANY("the ELF file has more than {0} notes"),
    NOTE_TOO_LONG("the note at {0} of the ELF file is longer than its table of notes: it is damaged"),
    NOTE_TEXT_OPEN("the text of the Xen note {0} has no zero byte at its end, or more than {1} characters"),
    NOTE_NUMBER_SIZE("the number of the Xen note {0} has {1} bytes instead of 4 or 8"),
    XEN_NOT_EXECUTABLE("a kernel for Xen is an executable ELF file for the Intel 386 or for x86-64"),
    XEN_SEGMENTS("the kernel for Xen has {0} loadable segments instead of 1 to {1}"),
    XEN_UNKNOWN_FEATURES("the kernel for Xen demands features that do not exist: {0}"),
    XEN_NO_LOADER(
            "the notes of the kernel name loader \"{0}\", guest \"{1}\" and interface \"{2}\"; Xen loads kernels for"
                    + " the loader \"generic\" and the interface \"xen-3.0\", or with the note PHYS32_ENTRY"),
    XEN_NO_VIRTUAL_BASE("the kernel for Xen has the note PADDR_OFFSET, but no VIRT_BASE"),
    XEN_NO_PAE("a 32-bit kernel for Xen must use three levels of page tables: note PAE_MODE \"yes\""),
    XEN_ENTRY("the entry address {0} of the kernel for Xen does not lie in what is loaded, {1} to {2}"),
    XEN_HYPERCALL_PAGE("the hypercall page {0} of the kernel for Xen does not begin where a page begins"),
    ELF_PLACE_IN_PAGE("{0} does not lie at the same place in a page in the file and in memory"),
    CUT_SHORT("{0} ends at {1}, but it says that {2} bytes lie at {3}: it is damaged or cut short"),
    KERNEL_FILE("the kernel file"),
    ELF_FILE("the ELF file"),
    COMMAND_LINE("the kernel's command line has more than 1024 characters or a zero byte in it"),
    EMPTY_FILE("the file {0} is empty"),
    BEYOND_MEMORY("{0} needs {1} bytes at {2}, but memory ends at {3}; give the guest more memory or load it lower"),
    OVERLAP("{0} ({1} bytes at {2}) overlaps {3} ({4} bytes at {5}); move one of them"),
    NO_ROOM("the image leaves no room for {0}; give the guest more memory"),
    MEMORY_NO_SIZE("memory \"{0}\" is not a size; write it like 64M"),
    MEMORY_IMPOSSIBLE("memory {0} is not possible; a machine has 1M to 1G"),
    MEMORY_NO_PAGES("memory {0} is not a whole number of 4K pages"),
    VIDEO_MODE("the kernel demands a video mode (bit 2 of its multiboot flags), but the machine has no display"),
    UNKNOWN_FEATURES("the kernel demands multiboot features that do not exist (flags {0})"),
    NO_ADDRESS_FIELDS("the multiboot header has no address fields (bit 16 of its flags), and the file is no ELF file"),
    ENTRY_OUTSIDE("the entry address {0} lies outside memory"),
    HEADER_TOO_EARLY("the multiboot header lies at {0} in the file, too early for its load address {1}"),
    MORE_THAN_FILE("the multiboot header asks for {0} to {1}, which is more than the file has"),
    ZEROED_TOO_EARLY("the multiboot header says that zeroed memory ends at {0}, before the loaded part ends at {1}"),
    NO_SUCH_BITS("code of {0} bits does not exist; choose 16, 32 or 64"),
    ENTRY_BEYOND_SEGMENT("16-bit code starts in segment 0, so its entry address must lie below 0x10000, not at {0}"),
    PROGRAM("the program"),
    SECTOR("the boot sector"),
    KERNEL("the kernel"),
    KERNEL_ZEROED("the kernel's zeroed memory"),
    ELF_SEGMENT("segment {0} of the ELF file"),
    ELF_ZEROED("the zeroed end of {0}"),
    MULTIBOOT_INFORMATION("the multiboot information"),
    START_DESCRIPTORS("the descriptor table of the start state"),
    START_PAGE_TABLES("the page tables of the 64-bit start state");
    // spotless:on

    private final String english;

    ImageWording(String english) {
        this.english = english;
    }

    /** As addresses and sizes are written in these sentences. */
    static String hex(long value) {
        return "0x" + Long.toHexString(value);
    }

    @Override
    public String key() {
        return Wording.key("image", this);
    }

    @Override
    public String english() {
        return english;
    }
}
