/**
 * AMD's SVM as the processor has it: the VMCB, what is intercepted in guest mode and what a #VMEXIT records, nested paging. Who writes the
 * VMCB and answers the exits is a monitor's business.
 */
@NullMarked
package ringside.cpu.svm;

import org.jspecify.annotations.NullMarked;
