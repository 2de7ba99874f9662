/** The instruction set: a chapter of the manual a file, rows above, behaviour below. */
@NullMarked
package ringside.cpu.instruction;

import org.jspecify.annotations.NullMarked;
