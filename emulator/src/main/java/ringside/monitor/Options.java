package ringside.monitor;

import java.util.Locale;
import java.util.Optional;
import ringside.machine.MachineConfig;

/**
 * What can be chosen about a run beside its mode.
 *
 * @param memory guest RAM in bytes; see {@link MachineConfig}
 * @param irqchip who has the interrupt controllers and timer in mode kvm
 * @param virtualization which hardware the modes kvm and xen-hvm run on
 * @param generation what that hardware, or that of the modes vt-x and amd-v, offers and costs
 * @param paging how hardware finds the guest's memory; empty for the best that the generation has
 * @param translator whose way of running the guest's kernel mode binary-translation takes
 */
public record Options(
        long memory,
        Irqchip irqchip,
        Virtualization virtualization,
        Generation generation,
        Optional<Paging> paging,
        Translator translator) {
    /** Where KVM's interrupt controllers live. */
    public enum Irqchip {
        /** PIC, PIT and HLT are the user-space monitor's. */
        USER,
        /** KVM_CREATE_IRQCHIP and KVM_CREATE_PIT2: the kernel has them. */
        KERNEL,
        /** The local APIC (and so HLT) is the kernel's, PIC and PIT are user space's. */
        SPLIT
    }

    /** The extensions that make a processor virtualizable. */
    public enum Virtualization {
        VT_X,
        AMD_V;

        /** As the command line has it. */
        public String text() {
            return name().toLowerCase(Locale.ROOT).replace('_', '-');
        }
    }

    /** A stage of their history. */
    public enum Generation {
        /** The first processors, whose monitors shadow page tables. */
        YEAR_2005("2005"),
        /** Tables are walked in two dimensions: nested paging (2007), EPT (2008). */
        YEAR_2008("2008"),
        /** Unpaged guests under EPT; AMD's processors report the next RIP. */
        YEAR_2010("2010"),
        TODAY("today");

        private final String text;

        Generation(String text) {
            this.text = text;
        }

        /** As the command line has it. */
        public String text() {
            return text;
        }
    }

    /** How a guest's memory is virtualized under hardware. */
    public enum Paging {
        /** The processor walks the monitor's tables instead of the guest's. */
        SHADOW,
        /** The processor walks the guest's tables, and the monitor's behind them: EPT, nested paging. */
        NESTED;

        /** As the command line has it. */
        public String text() {
            return name().toLowerCase(Locale.ROOT);
        }
    }

    /** Systems of before there was hardware for it. */
    public enum Translator {
        /** VMware: kernel code is translated. */
        VMWARE,
        /** VirtualBox's raw mode: kernel code runs as it stands, patched where that goes wrong. */
        VIRTUALBOX,
        /** kqemu: kernel code is emulated. */
        KQEMU
    }

    public static final Options DEFAULT = new Options(
            MachineConfig.DEFAULT_MEMORY,
            Irqchip.USER,
            Virtualization.VT_X,
            Generation.TODAY,
            Optional.empty(),
            Translator.VMWARE);

    public Options withMemory(long bytes) {
        return new Options(bytes, irqchip, virtualization, generation, paging, translator);
    }

    public Options withIrqchip(Irqchip choice) {
        return new Options(memory, choice, virtualization, generation, paging, translator);
    }

    public Options withVirtualization(Virtualization choice) {
        return new Options(memory, irqchip, choice, generation, paging, translator);
    }

    public Options withGeneration(Generation choice) {
        return new Options(memory, irqchip, virtualization, choice, paging, translator);
    }

    public Options withPaging(Paging choice) {
        return new Options(memory, irqchip, virtualization, generation, Optional.of(choice), translator);
    }

    public Options withTranslator(Translator choice) {
        return new Options(memory, irqchip, virtualization, generation, paging, choice);
    }
}
