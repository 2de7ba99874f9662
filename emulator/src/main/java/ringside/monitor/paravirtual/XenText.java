package ringside.monitor.paravirtual;

import static ringside.probe.Inspection.hex;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import ringside.monitor.paravirtual.EventChannels.Channel;
import ringside.monitor.paravirtual.EventChannels.Kind;
import ringside.probe.Inspection;
import ringside.probe.Inspection.Group;
import ringside.probe.Inspection.Item;
import ringside.probe.Inspection.Term;

/**
 * What Xen keeps of its domains and shares with them, told for whoever looks: shared_info, event channels, grants, the console's ring, and
 * what each frame that is a page table is used as. The names are those of Xen's public headers.
 */
final class XenText {
    private static final int MOST = 64;
    private static final int PROCESSOR_PENDING_SELECTOR = 8;

    private final List<? extends XenDomain> domains;

    private XenText(List<? extends XenDomain> domains) {
        this.domains = domains;
    }

    /** Of all domains of a machine. */
    static Inspection of(List<? extends XenDomain> domains) {
        XenText text = new XenText(domains);
        return new Inspection(
                List.of(text.shared(), text.events(), text.grants(), text.mappings(), text.rings(), text.frames()));
    }

    /** Names a thing of a domain's. */
    private String of(XenDomain domain, String name) {
        return domains.size() == 1 ? name : (domain.id() == Domain.ZERO ? "dom0 " : "domU ") + name;
    }

    /** xen.h: struct shared_info with the vcpu_info of the first processor. */
    private Group shared() {
        List<Item> items = new ArrayList<>();
        for (XenDomain domain : domains) {
            long info = domain.sharedInfo();
            items.add(Item.of(
                    of(domain, "shared_info"),
                    info,
                    Term.of("xen.abi", domain.abi().bits())));
            items.add(Item.of(of(domain, "evtchn_upcall_pending"), domain.ram().read(info + Abi.UPCALL_PENDING, 1)));
            items.add(Item.of(of(domain, "evtchn_upcall_mask"), domain.ram().read(info + Abi.UPCALL_MASK, 1)));
            items.add(Item.of(
                    of(domain, "evtchn_pending_sel"),
                    domain.ram()
                            .read(
                                    info + PROCESSOR_PENDING_SELECTOR,
                                    domain.abi().word())));
        }
        return Group.of("xen.shared", items);
    }

    /** event_channel.h. */
    private Group events() {
        List<Item> items = new ArrayList<>();
        long more = 0;
        for (XenDomain domain : domains) {
            EventChannels events = domain.events();
            for (int port = 1; port < events.ports(); port++) {
                Channel channel = events.channel(port);
                if (channel.kind() == Kind.CLOSED && !channel.isXens()) {
                    continue;
                }
                if (items.size() == MOST) {
                    more++;
                } else {
                    items.add(channel(domain, port, channel));
                }
            }
        }
        return new Group(Term.of("xen.events"), items, more);
    }

    private Item channel(XenDomain domain, int port, Channel channel) {
        List<Term> words = new ArrayList<>();
        switch (channel.kind()) {
            case INTERDOMAIN -> words.add(Term.of("xen.other-end", channel.domain(), channel.number()));
            case UNBOUND -> words.add(Term.of("xen.may-bind", channel.domain()));
            case VIRQ, PIRQ -> words.add(Term.of("xen.number", channel.number()));
            case CLOSED, IPI -> {}
        }
        if (channel.isXens()) {
            words.add(Term.of("xen.own-end"));
        }
        words.add(Term.of(domain.events().isPending(port) ? "xen.pending" : "xen.not-pending"));
        if (domain.events().isMasked(port)) {
            words.add(Term.of("xen.masked"));
        }
        return Item.text(of(domain, "port " + port), channel.kind().name()).saying(words);
    }

    /** grant_table.h: entries of version 1 that permit something. */
    private Group grants() {
        List<Item> items = new ArrayList<>();
        long more = 0;
        for (XenDomain domain : domains) {
            GrantTables grants = domain.grants();
            for (int reference = 0; grants.exists(reference); reference++) {
                int flags = grants.flags(reference);
                if (flags == 0) {
                    continue;
                }
                if (items.size() == MOST) {
                    more++;
                } else {
                    items.add(Item.of(of(domain, "ref " + reference), flags).saying(grant(grants, reference, flags)));
                }
            }
        }
        return new Group(Term.of("xen.grants"), items, more);
    }

    private static List<Term> grant(GrantTables grants, int reference, int flags) {
        List<Term> words = new ArrayList<>();
        words.add(Term.of(
                (flags & GrantTables.TYPE) == GrantTables.PERMIT_ACCESS ? "xen.permits" : "xen.permits-other",
                grants.domain(reference),
                hex(grants.frame(reference))));
        if ((flags & GrantTables.READ_ONLY) != 0) {
            words.add(Term.of("xen.read-only"));
        }
        if ((flags & GrantTables.READING) != 0) {
            words.add(Term.of("xen.reading"));
        }
        if ((flags & GrantTables.WRITING) != 0) {
            words.add(Term.of("xen.writing"));
        }
        return words;
    }

    /** What domains have mapped of others' grants. */
    private Group mappings() {
        List<Item> items = new ArrayList<>();
        long more = 0;
        for (XenDomain domain : domains) {
            List<GrantTables.Mapping> mappings = domain.grants().mappings();
            for (int handle = 0; handle < mappings.size(); handle++) {
                GrantTables.Mapping mapping = mappings.get(handle);
                if (!mapping.host() && !mapping.device()) {
                    continue;
                }
                if (items.size() == MOST) {
                    more++;
                } else {
                    items.add(Item.text(of(domain, "handle " + handle), hex(mapping.frame()))
                            .saying(List.of(Term.of("xen.mapping", mapping.owner(), mapping.reference()))));
                }
            }
        }
        return new Group(Term.of("xen.mappings"), items, more);
    }

    /** io/console.h: counts that producer and consumer have of each direction. */
    private Group rings() {
        List<Item> items = new ArrayList<>();
        for (XenDomain domain : domains) {
            int frame = domain.vcpu().consoleFrame;
            if (frame != 0) {
                ConsoleRing ring = new ConsoleRing(domain.ram(), (long) frame << 12);
                items.add(ring(of(domain, "console out"), ring.output(), frame));
                items.add(ring(of(domain, "console in"), ring.input(), frame));
            }
        }
        return Group.of("xen.rings", items);
    }

    private static Item ring(String name, SharedRing ring, int frame) {
        List<Term> words = new ArrayList<>();
        words.add(Term.of("xen.producer", hex(ring.produced())));
        words.add(Term.of("xen.consumer", hex(ring.consumed())));
        words.add(Term.of("xen.room", ring.room()));
        if (ring.isBroken()) {
            words.add(Term.of("xen.broken"));
        }
        return Item.of(name, ring.available()).at(hex((long) frame << 12)).saying(words);
    }

    /** Frames whose type keeps the guest from writing to them: mm.h, page types. */
    private Group frames() {
        FrameTable frames = domains.get(0).frames();
        List<Item> items = new ArrayList<>();
        long more = 0;
        for (int frame = 0; frame < frames.frames(); frame++) {
            FrameType type = frames.type(frame);
            if (type == FrameType.NONE || type == FrameType.WRITABLE || frames.typeCount(frame) == 0) {
                continue;
            }
            if (items.size() == MOST) {
                more++;
            } else {
                items.add(frame(frames, frame, type));
            }
        }
        return new Group(Term.of("xen.frames"), items, more);
    }

    private static Item frame(FrameTable frames, int frame, FrameType type) {
        List<Term> words = new ArrayList<>();
        words.add(Term.of("xen.frame." + type.name().toLowerCase(Locale.ROOT).replace('_', '-')));
        if (frames.isPinned(frame)) {
            words.add(Term.of("xen.pinned"));
        }
        words.add(Term.of("xen.type-count", frames.typeCount(frame)));
        words.add(Term.of(frames.isValidated(frame) ? "xen.validated" : "xen.not-validated"));
        return Item.text("frame " + hex(frame), type.name()).saying(words);
    }
}
