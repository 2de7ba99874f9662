package ringside.cpu.svm;

/** Whose VMCB is in force. */
@FunctionalInterface
interface CurrentGuest {
    Vmcb vmcb();
}
