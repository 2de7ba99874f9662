package ringside.cpu.svm;

import ringside.cpu.Cpu;
import ringside.cpu.Svm;
import ringside.cpu.Virtualization;

/**
 * SVM in a processor that does nothing but run guests. EFER.SVME is 1 in guest mode, or VMRUN would have refused the guest, so that SVM's
 * instructions exist there, whatever the guest believes about EFER: they come to their checks, and then to their intercepts, which a
 * monitor that offers its guest no SVM has set (APM 2, Instruction Intercepts).
 */
final class InterceptedSvm implements Virtualization, Svm {
    @Override
    public Svm svm() {
        return this;
    }

    @Override
    public void requireEnabled(Cpu cpu) {
        Svm.requireMode(cpu);
    }

    @Override
    public void requireBlock(long address) {
        Vmcb.requireAddress(address);
    }

    @Override
    public void run(Cpu cpu, long address) {
        throw notIntercepted();
    }

    @Override
    public void load(Cpu cpu, long address) {
        throw notIntercepted();
    }

    @Override
    public void save(Cpu cpu, long address) {
        throw notIntercepted();
    }

    @Override
    public void globalInterruptFlag(Cpu cpu, boolean flag) {
        throw notIntercepted();
    }

    private static IllegalStateException notIntercepted() {
        return new IllegalStateException("the guest's monitor does not intercept SVM's instructions");
    }
}
