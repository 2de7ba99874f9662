package ringside.session;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;

/** A binary guest that a learner has sent, with what is said about its start. Its name in addresses follows from its content. */
public final class Upload {
    /** Digits of the SHA-256 hash that make a name. */
    private static final int DIGITS = 32;

    private final String id;
    private final GuestFile file;
    private final StartChoice start;

    Upload(GuestFile file, StartChoice start) {
        this.file = file;
        this.start = start;
        this.id = hash(file, start);
    }

    private static String hash(GuestFile file, StartChoice start) {
        try {
            var digest = MessageDigest.getInstance("SHA-256");
            digest.update((file.name() + "\n" + start + "\n").getBytes(StandardCharsets.UTF_8));
            return HexFormat.of().formatHex(digest.digest(file.bytes())).substring(0, DIGITS);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
        }
    }

    /** The same for the same file, name and start, on every server. */
    public String id() {
        return id;
    }

    public GuestFile file() {
        return file;
    }

    /** What was said about how it starts. */
    public StartChoice start() {
        return start;
    }
}
