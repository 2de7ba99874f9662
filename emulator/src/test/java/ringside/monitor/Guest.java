package ringside.monitor;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import ringside.bus.Clock;
import ringside.cpu.Cpu;
import ringside.image.ImageOptions;
import ringside.image.Images;
import ringside.monitor.mode.Modes;
import ringside.probe.Event;
import ringside.replay.GuestState;
import ringside.replay.StateHash;

/** A guest given as source, under one mode, with everything that was watched of it. */
public final class Guest {
    public final Monitor monitor;
    public final List<Event> events = new ArrayList<>();

    private Guest(String mode, ImageOptions options, Options runOptions, byte[] file, String name) {
        monitor = Modes.start(mode, Images.recognize(file, name, options), runOptions, events::add)
                .orElseThrow();
    }

    /** Source lines, assembled at 1000H. */
    public static Guest of(String mode, int bits, String... lines) {
        return of(mode, bits, Options.DEFAULT, lines);
    }

    public static Guest of(String mode, int bits, Options options, String... lines) {
        String source = "org 0x1000\nbits " + bits + "\nstart:\n" + String.join("\n", lines) + "\n";
        return new Guest(
                mode,
                ImageOptions.DEFAULT.withMemory(4 << 20),
                options,
                source.getBytes(StandardCharsets.UTF_8),
                "guest.asm");
    }

    /** A source file from the test resources of this package, with 4 MiB of memory. */
    public static Guest ofResource(String mode, String name) {
        return ofResource(mode, Options.DEFAULT, name);
    }

    /** The same with other options. */
    public static Guest ofResource(String mode, Options options, String name) {
        try (var stream = Guest.class.getResourceAsStream(name)) {
            if (stream == null) {
                throw new AssertionError("no test resource " + name);
            }
            return new Guest(mode, ImageOptions.DEFAULT.withMemory(4 << 20), options, stream.readAllBytes(), name);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** A flat binary at 1000H with 2 MiB of memory. */
    public static Guest ofBytes(String mode, int bits, byte[] code) {
        return ofBytes(mode, bits, Options.DEFAULT, code);
    }

    /** The same with other options. */
    public static Guest ofBytes(String mode, int bits, Options options, byte[] code) {
        return new Guest(mode, ImageOptions.DEFAULT.withBits(bits).withMemory(2 << 20), options, code, "guest.bin");
    }

    /** Runs to the end, which must come within a million units. */
    public Guest run() {
        monitor.run(1_000_000);
        if (monitor.ending().isEmpty()) {
            throw new AssertionError("the guest still runs at "
                    + Long.toHexString(believed().registers.rip()));
        }
        return this;
    }

    public Guest runUntil(long time) {
        monitor.run(time);
        return this;
    }

    public Cpu believed() {
        return monitor.believed();
    }

    public String serial() {
        return new String(monitor.machine().serial().bytes(), StandardCharsets.ISO_8859_1);
    }

    public List<Event.Exit> exits() {
        return events.stream()
                .filter(Event.Exit.class::isInstance)
                .map(Event.Exit.class::cast)
                .toList();
    }

    public long exits(String reason) {
        return exits().stream().filter(exit -> exit.reason().equals(reason)).count();
    }

    /** All that the guest could see: believed state, memory, devices, time. */
    public Visible visible() {
        return new Visible(
                monitor.machine().clock().save(),
                monitor.ending(),
                GuestState.processor(believed()),
                new StateHash(monitor).now(),
                serial());
    }

    /** See {@link #visible}; {@code hash} covers memory and devices too. */
    public record Visible(
            Clock.State clock, Optional<Ending> ending, List<GuestState.Value> processor, long hash, String serial) {}
}
