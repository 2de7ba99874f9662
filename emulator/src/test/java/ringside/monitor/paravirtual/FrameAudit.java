package ringside.monitor.paravirtual;

import static org.assertj.core.api.Assertions.assertThat;

/** Counts from scratch what refers to each frame, and compares it with what Xen has kept count of. */
final class FrameAudit {
    private final Domains domains;
    private final FrameTable frames;
    private final int[] references;
    private final int[] types;

    FrameAudit(Domains domains) {
        this.domains = domains;
        frames = domains.frames();
        references = new int[frames.frames()];
        types = new int[frames.frames()];
    }

    void check() {
        domains.atRings().forEach(this::count);
        for (Domain domain : domains.atRings()) {
            for (int frame = 0; frame < frames.frames(); frame++) {
                if (domain.frames().isDomains(frame)) {
                    int allocated = frames.isAllocated(frame) ? 1 : 0;
                    int shared = frame >= domain.space().first() ? 1 : 0;
                    assertThat(frames.references(frame))
                            .as("references to frame " + frame)
                            .isEqualTo(references[frame] + allocated);
                    assertThat(frames.typeCount(frame))
                            .as("uses of frame " + frame + " as " + frames.type(frame))
                            .isEqualTo(types[frame] + shared);
                }
            }
        }
    }

    private void count(Domain domain) {
        VirtualCpu vcpu = domain.vcpu();
        for (int frame = 0; frame < frames.frames(); frame++) {
            if (domain.frames().isDomains(frame)) {
                count(domain, frame);
            }
        }
        if (vcpu.kernelRoot != 0) {
            use(vcpu.kernelRoot);
        }
        if (vcpu.userRoot != 0) {
            use(vcpu.userRoot);
        }
        for (int page = 0; page < (vcpu.descriptors + 511) / 512; page++) {
            use(vcpu.descriptorFrames[page]);
        }
        for (int page = 0; page < XenSpace.LDT_PAGES; page++) {
            if (domain.space().localDescriptors(page) >= 0) {
                use(domain.space().localDescriptors(page));
            }
        }
        for (GrantTables.Mapping mapping : domain.grants().mappings()) {
            if (mapping.device() && mapping.readOnly()) {
                references[mapping.frame()]++;
            } else if (mapping.device()) {
                use(mapping.frame());
            }
        }
        if (vcpu.infoRegistered) {
            use((int) (vcpu.info >>> 12));
        }
    }

    private void use(int frame) {
        references[frame]++;
        types[frame]++;
    }

    private void count(Domain domain, int table) {
        if (frames.isPinned(table)) {
            use(table);
        }
        FrameType type = frames.type(table);
        if (type.level() == 0 || frames.typeCount(table) == 0) {
            return;
        }
        assertThat(frames.isValidated(table)).isTrue();
        int end = type == FrameType.L3 && !domain.abi().is64() ? 4 : 512;
        for (int slot = 0; slot < end; slot++) {
            long entry = domain.ram().read(((long) table << 12) + slot * 8L, 8);
            if (XenSpace.isXensSlot(type, slot) || !EntryRules.isPresent(entry)) {
                continue;
            }
            int frame = EntryRules.frame(entry);
            boolean another = domains.atRings().stream()
                    .anyMatch(other -> other != domain && other.frames().isDomains(frame));
            assertThat(domain.frames().isDomains(frame) || type.level() == 1 && another)
                    .as("frame " + frame + " is a domain's, and as a table the domain's own")
                    .isTrue();
            if (type.level() > 1 && frame == table) {
                continue;
            }
            references[frame]++;
            boolean writable = type.level() == 1 && EntryRules.isWritable(entry);
            if (writable) {
                assertThat(frames.type(frame))
                        .as("frame " + frame + " is mapped writable")
                        .isEqualTo(FrameType.WRITABLE);
            } else if (type.level() > 1) {
                assertThat(frames.type(frame).level()).isEqualTo(type.level() - 1);
            }
            if (writable || type.level() > 1) {
                types[frame]++;
            }
        }
    }
}
