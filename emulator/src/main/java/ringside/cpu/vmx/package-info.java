/**
 * Intel's VMX as the processor has it: the VMCS, what leaves non-root operation and what is recorded then, the extended page
 * tables. Who writes the VMCS and answers the exits is a monitor's business.
 */
@NullMarked
package ringside.cpu.vmx;

import org.jspecify.annotations.NullMarked;
