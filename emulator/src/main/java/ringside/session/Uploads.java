package ringside.session;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/** The binaries that learners have sent, by their content. Their memory is bounded: those not asked for longest go first. */
final class Uploads {
    private final long quota;
    private final Map<String, Upload> byId = new LinkedHashMap<>(16, 0.75f, true);
    private long bytes;

    /** @param quota bytes for all of them; the latest is kept in any case */
    Uploads(long quota) {
        this.quota = quota;
    }

    synchronized void keep(Upload upload) {
        if (byId.put(upload.id(), upload) == null) {
            bytes += upload.file().size();
        }
        var oldest = byId.values().iterator();
        while (bytes > quota && byId.size() > 1) {
            bytes -= oldest.next().file().size();
            oldest.remove();
        }
    }

    synchronized Optional<Upload> find(String id) {
        return Optional.ofNullable(byId.get(id));
    }
}
