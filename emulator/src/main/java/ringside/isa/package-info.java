/** The instruction set in the manual's own notation: decoding, disassembling and assembling, but never running. */
@NullMarked
package ringside.isa;

import org.jspecify.annotations.NullMarked;
