package ringside.inspect;

import static ringside.probe.Inspection.hex;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import ringside.device.IoApic;
import ringside.device.LocalApic;
import ringside.device.Pic8259;
import ringside.device.PitChannel;
import ringside.device.Rtc146818;
import ringside.device.Uart16550;
import ringside.device.VirtioMmio;
import ringside.device.Virtqueue;
import ringside.machine.Machine;
import ringside.probe.Inspection;
import ringside.probe.Inspection.BitNames;
import ringside.probe.Inspection.Group;
import ringside.probe.Inspection.Item;
import ringside.probe.Inspection.Term;

/** The chips around a processor, register by register, by the names of their data sheets. */
public final class DeviceView {
    private static final long MASK = 1 << 16;
    private static final long LEVEL = 1 << 15;
    private static final long LOW_ACTIVE = 1 << 13;
    private static final int SOFTWARE_ENABLE = 1 << 8;
    private static final String[] DELIVERY = {"fixed", "lowest", "smi", "reserved", "nmi", "init", "reserved", "extint"
    };
    private static final String[] LOCAL = {"Timer", "Thermal Sensor", "Performance Counter", "LINT0", "LINT1", "Error"};
    private static final int CRYSTAL = 115_200;

    // spotless:off
    private static final BitNames LINES = lines(0);
    private static final BitNames SLAVE_LINES = lines(8);
    private static final BitNames APIC_BASE =
            BitNames.none().bit(11, "EN", "APIC global enable").bit(8, "BSP", "Processor is BSP");
    private static final BitNames IER = BitNames.none()
            .bit(3, "EDSSI", "Modem status").bit(2, "ELSI", "Receiver line status")
            .bit(1, "ETBEI", "Transmitter holding register empty").bit(0, "ERBFI", "Received data available");
    private static final BitNames LCR = BitNames.none()
            .bit(7, "DLAB", "Divisor latch access").bit(6, "BREAK", "Set break").bit(3, "PEN", "Parity enable")
            .bit(2, "STB", "Two stop bits").field(0, 2, "WLS", "Word length, less 5");
    private static final BitNames MCR = BitNames.none()
            .bit(4, "LOOP", "Loopback").bit(3, "OUT2", "Passes the interrupt on").bit(2, "OUT1", "")
            .bit(1, "RTS", "Request to send").bit(0, "DTR", "Data terminal ready");
    private static final BitNames MSR = BitNames.none()
            .bit(7, "DCD", "Data carrier detect").bit(6, "RI", "Ring indicator").bit(5, "DSR", "Data set ready")
            .bit(4, "CTS", "Clear to send");
    private static final BitNames RTC_A = BitNames.none().field(4, 3, "DV", "Divider").field(0, 4, "RS", "Rate of periodic interrupts");
    private static final BitNames RTC_B = BitNames.none()
            .bit(7, "SET", "Updates held").bit(6, "PIE", "Periodic interrupt").bit(5, "AIE", "Alarm interrupt")
            .bit(4, "UIE", "Update-ended interrupt").bit(2, "DM", "Binary instead of BCD").bit(1, "24/12", "24 hours");
    private static final BitNames RTC_C = BitNames.none()
            .bit(7, "IRQF", "Interrupt request").bit(6, "PF", "Periodic").bit(5, "AF", "Alarm").bit(4, "UF", "Update ended");
    private static final BitNames VIRTIO_STATUS = BitNames.none()
            .bit(7, "FAILED", "").bit(6, "NEEDS_RESET", "").bit(3, "FEATURES_OK", "").bit(2, "DRIVER_OK", "")
            .bit(1, "DRIVER", "").bit(0, "ACKNOWLEDGE", "");
    // spotless:on

    private DeviceView() {}

    /** All chips of a machine. */
    public static Inspection of(Machine machine) {
        Machine.Chips chips = machine.chips();
        List<Group> groups = new ArrayList<>();
        groups.add(localApic(machine.localApic().save()));
        groups.add(ioApic(machine.ioApic().save()));
        var pic = machine.pic().save();
        groups.add(Group.of("device.pic-master", pic(pic.master(), LINES)));
        groups.add(Group.of("device.pic-slave", pic(pic.slave(), SLAVE_LINES)));
        groups.add(pit(chips.pit().channels()));
        groups.add(Group.of(
                "device.port-b",
                List.of(Item.of("61H", chips.portB().kept())
                        .with(
                                BitNames.none().bit(1, "SPKR", "Speaker data").bit(0, "GATE2", "Gate of counter 2"),
                                chips.portB().kept()))));
        groups.add(rtc(chips.rtc()));
        groups.add(uart(chips.com1()));
        groups.add(virtio("device.virtio-console", chips.virtioConsole()));
        groups.add(virtio("device.virtio-block", chips.virtioDisk()));
        return new Inspection(groups);
    }

    private static BitNames lines(int first) {
        BitNames names = BitNames.none();
        for (int i = 7; i >= 0; i--) {
            names = names.bit(i, "IR" + (first + i), "");
        }
        return names;
    }

    /** SDM 3A, Advanced Programmable Interrupt Controller. */
    private static Group localApic(LocalApic.State apic) {
        List<Item> items = new ArrayList<>();
        items.add(Item.of("IA32_APIC_BASE", apic.base()).with(APIC_BASE, apic.base()));
        items.add(Item.of("Local APIC ID", apic.names().id()).at("020H"));
        items.add(Item.of(
                        "TPR",
                        apic.priorities().task(),
                        Term.of("priority", apic.priorities().task() >>> 4))
                .at("080H"));
        items.add(Item.of(
                        "SVR",
                        apic.spurious(),
                        Term.of("vector", apic.spurious() & 0xFF),
                        Term.of((apic.spurious() & SOFTWARE_ENABLE) != 0 ? "enabled" : "disabled"))
                .at("0F0H"));
        items.add(vectors("ISR", apic.priorities().inService()).at("100H"));
        items.add(vectors("TMR", apic.priorities().levelTriggered()).at("180H"));
        items.add(vectors("IRR", apic.priorities().requested()).at("200H"));
        items.add(Item.of("ESR", apic.errors().get(1)).at("280H"));
        for (int i = 0; i < LOCAL.length; i++) {
            items.add(message("LVT " + LOCAL[i], apic.table().get(i) & 0xFFFF_FFFFL, false)
                    .at("3" + (i + 2) + "0H"));
        }
        var timer = apic.timer();
        items.add(Item.of(
                        "Initial Count",
                        timer.initial(),
                        Term.of("timer."
                                + String.valueOf(timer.mode())
                                        .toLowerCase(java.util.Locale.ROOT)
                                        .replace('_', '-')))
                .at("380H"));
        items.add(Item.of("Divide Configuration", timer.divideConfiguration()).at("3E0H"));
        return Group.of("device.local-apic", items);
    }

    /** Vectors whose bits are set; at most those of one machine's 256. */
    private static Item vectors(String name, List<Integer> words) {
        List<String> set = new ArrayList<>();
        for (int vector = 0; vector < 32 * words.size(); vector++) {
            if ((words.get(vector >>> 5) >>> (vector & 31) & 1) != 0) {
                set.add(hex(vector));
            }
        }
        return set.isEmpty()
                ? Item.text(name, "0")
                : Item.text(name, set.stream().collect(Collectors.joining(" ")));
    }

    /** An entry that makes an interrupt of a line: SDM 3A, Local Vector Table; 82093AA, I/O Redirection Table Registers. */
    private static Item message(String name, long value, boolean pins) {
        List<Term> words = new ArrayList<>();
        words.add(Term.of("vector", value & 0xFF));
        words.add(Term.of("delivery." + DELIVERY[(int) (value >>> 8) & 7]));
        if (pins || name.contains("LINT")) {
            words.add(Term.of((value & LEVEL) != 0 ? "level" : "edge"));
            words.add(Term.of((value & LOW_ACTIVE) != 0 ? "active-low" : "active-high"));
        }
        words.add(Term.of((value & MASK) != 0 ? "masked" : "open"));
        return Item.of(name, value).saying(words);
    }

    /** Inputs whose entries are as after reset are left out. */
    private static Group ioApic(IoApic.State apic) {
        List<Item> items = new ArrayList<>();
        items.add(Item.of("ID", apic.id()).at("0"));
        items.add(Item.of("IOREGSEL", apic.select()));
        for (int i = 0; i < apic.low().size(); i++) {
            long low = apic.low().get(i) & 0xFFFF_FFFFL;
            boolean high = (apic.lines() >>> i & 1) != 0;
            if (low != MASK || high) {
                items.add(message("IOREDTBL" + i, low, true)
                        .at(hex(0x10 + 2L * i))
                        .saying(List.of(
                                Term.of("to-apic", hex(apic.destination().get(i) >>> 24 & 0xFF)),
                                Term.of(high ? "line-high" : "line-low"))));
            }
        }
        return Group.of("device.io-apic", items);
    }

    /** 8259A, Initialization Command Words and Operation Command Words. */
    private static List<Item> pic(Pic8259.State pic, BitNames lines) {
        return List.of(
                Item.of("IRR", pic.requests()).with(lines, pic.requests()),
                Item.of("ISR", pic.inService()).with(lines, pic.inService()),
                Item.of("IMR", pic.mask()).with(lines, pic.mask()),
                Item.of("ICW2", pic.icw2(), Term.of("pic.base", hex(pic.icw2() & 0xF8))),
                Item.of(
                        "ICW4",
                        pic.icw4(),
                        Term.of((pic.icw4() & 2) != 0 ? "pic.auto-eoi" : "pic.normal-eoi"),
                        Term.of(pic.ready() ? "pic.ready" : "pic.not-ready")));
    }

    /** 8254, Mode Definitions. */
    private static Group pit(List<PitChannel.State> channels) {
        List<Item> items = new ArrayList<>();
        for (int i = 0; i < channels.size(); i++) {
            var channel = channels.get(i);
            int mode = channel.control() >>> 1 & 7;
            items.add(Item.of(
                            "Counter " + i,
                            channel.initial(),
                            Term.of("pit.mode", mode > 5 ? mode & 3 : mode),
                            Term.of(channel.running() ? "pit.running" : "pit.stopped"),
                            Term.of(channel.gate() ? "pit.gate-high" : "pit.gate-low"),
                            Term.of(channel.out() ? "pit.out-high" : "pit.out-low"))
                    .at(hex(0x40L + i)));
        }
        return Group.of("device.pit", items);
    }

    private static Group rtc(Rtc146818.State rtc) {
        int a = rtc.cells().get(10) & 0x7F;
        int b = rtc.cells().get(11) & 0xFF;
        return Group.of(
                "device.rtc",
                List.of(
                        Item.of("Index", rtc.index()).at("70H"),
                        Item.of("Register A", a).with(RTC_A, a),
                        Item.of("Register B", b).with(RTC_B, b),
                        Item.of("Register C", rtc.flags()).with(RTC_C, rtc.flags())));
    }

    private static Group uart(Uart16550.State uart) {
        int divisor = uart.divisor();
        return Group.of(
                "device.uart",
                List.of(
                        Item.of("IER", uart.interruptEnable()).with(IER, uart.interruptEnable()),
                        Item.of("FCR", uart.fifoControl()),
                        Item.of("LCR", uart.lineControl()).with(LCR, uart.lineControl()),
                        Item.of("MCR", uart.modemControl()).with(MCR, uart.modemControl()),
                        Item.of("MSR", uart.modemStatus()).with(MSR, uart.modemStatus()),
                        Item.of("SCR", uart.scratch()),
                        divisor == 0
                                ? Item.of("Divisor", 0)
                                : Item.of("Divisor", divisor, Term.of("baud", CRYSTAL / divisor)),
                        Item.of(
                                "Receiver FIFO",
                                uart.received().size(),
                                Term.of("bytes", uart.received().size())),
                        Item.of("INTR", uart.asserted() ? 1 : 0)));
    }

    /** Virtual I/O Device, MMIO Device Register Layout. A device that no driver has touched is one line. */
    private static Group virtio(String title, VirtioMmio.State device) {
        List<Item> items = new ArrayList<>();
        items.add(Item.of("Status", device.status()).with(VIRTIO_STATUS, device.status()));
        if (device.status() != 0) {
            items.add(Item.of("DriverFeatures", device.driverFeatures()));
            items.add(Item.of("InterruptStatus", device.interruptStatus()));
            for (int i = 0; i < device.queues().size(); i++) {
                Virtqueue.State queue = device.queues().get(i);
                items.add(Item.of(
                        "Queue " + i,
                        queue.size(),
                        Term.of(queue.ready() ? "virtio.ready" : "virtio.not-ready"),
                        Term.of("virtio.rings", hex(queue.descriptors()), hex(queue.available()), hex(queue.used())),
                        Term.of("virtio.taken", queue.taken()),
                        Term.of("virtio.given", queue.given())));
            }
        }
        return Group.of(title, items);
    }
}
