/**
 * Binary translation: what hurts when a guest runs deprivileged never reaches the processor, because the processor runs other code.
 *
 * <p>The translator (after VMware's: Adams and Agesen, A Comparison of Software and Hardware Techniques for x86 Virtualization, ASPLOS
 * 2006; Bugnion and others, Bringing Virtualization to the x86 Architecture with the Original VMware Workstation, ACM TOCS 2012) reads the
 * guest's kernel code, block by block and only where it runs, and writes x86 bytes into a cache of 64 KiB at the monitor's own addresses.
 * There the real processor runs them, deprivileged, over the same shadow tables as under trap-and-emulate:
 *
 * <ul>
 *   <li>most instructions are the same bytes;
 *   <li>addresses relative to RIP are counted anew;
 *   <li>jumps become jumps within the cache, and CALL pushes the guest's return address before it jumps;
 *   <li>whatever is sensitive or privileged, and what reads its own code through CS, becomes a <em>callout</em>: INT 48 leaves to the
 *       monitor, which performs the instruction on the processor that the guest believes in;
 *   <li>RET and indirect jumps become INT 49: where they lead is known when they run;
 *   <li>in 32-bit code at ring 0, CLI works on the guest's interrupt flag where translated code keeps it
 *       ({@link ringside.monitor.translation.VirtualProcessor}), and RET and indirect jumps look for their target in a table there: INT 49
 *       is left for targets that it does not have. What the guest does with GS is a callout there, for GS leads to that.
 * </ul>
 *
 * <p>Each way out of a block is at first INT 50, which asks for what comes next; then the jump that led there is made to point at the
 * translation itself, and the next time nobody is asked. Every instruction of the guest has at most one translation; a block begins where
 * the guest first arrives, has at most twelve instructions, stays in one page of the guest, and ends where the next instruction is
 * translated already.
 *
 * <p>The guest never sees the cache: it reads its code where it always was, segment limits keep it below the monitor's addresses, and at
 * every exit the instruction pointer is the guest's again. Pages that were translated are write-protected; a write there faults, is performed
 * for the guest, and the blocks made of the written bytes are dropped. Guest time passes for the guest's instructions, not for what the
 * translator added.
 *
 * <p>Programs at ring 3 and in virtual-8086 mode run directly, as under trap-and-emulate. So SGDT, SIDT, SLDT, STR, SMSW, LAR and LSL show
 * them the monitor's tables, and PUSHF, POPF and IRET the real interrupt flag and I/O privilege level where the guest's are other ones.
 *
 * <p>VirtualBox's raw mode ({@link ringside.monitor.translation.RawKernel}) runs the kernel from its own addresses instead, and replaces only
 * what hurts, by jumps to patches ({@link ringside.monitor.translation.PatchCode}) and by INT3. It holds 32-bit kernels with paging,
 * CR0.WP and flat segments, while interrupts are on; all else is emulated. What the guest can tell there is what it could tell under
 * VirtualBox: it reads patches where it reads its patched code, and finds the monitor's pages where none of its own are
 * ({@link ringside.monitor.translation.PatchMemory}).
 */
@NullMarked
package ringside.monitor.translation;

import org.jspecify.annotations.NullMarked;
