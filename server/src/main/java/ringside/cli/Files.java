package ringside.cli;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.AccessDeniedException;
import java.nio.file.InvalidPathException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Optional;
import ringside.session.BadInput;
import ringside.session.GuestFile;

/** Reads and writes what the user named, or says in one sentence why that cannot be done. */
final class Files {
    /** No guest is larger; in bytes. */
    private static final int LARGEST = 256 << 20;

    private Files() {}

    /** A guest with the files of its folder beside it. */
    static GuestFile guest(Path path) {
        byte[] bytes = read(path);
        Path folder = Optional.ofNullable(path.toAbsolutePath().getParent()).orElse(path);
        return new GuestFile(path.toString(), bytes, name -> beside(folder, name));
    }

    static byte[] read(Path path) {
        try {
            if (java.nio.file.Files.isDirectory(path)) {
                throw new BadInput(path + " is a folder, not a file" + hintOfGuest(path));
            }
            return readBounded(path);
        } catch (IOException e) {
            throw new BadInput("cannot read " + path + ": " + reason(e));
        }
    }

    /** A device or pipe does not say how long it is: what comes is counted. */
    private static byte[] readBounded(Path path) throws IOException {
        if (java.nio.file.Files.size(path) > LARGEST) {
            throw tooLarge(path);
        }
        try (InputStream in = java.nio.file.Files.newInputStream(path)) {
            byte[] bytes = in.readNBytes(LARGEST + 1);
            if (bytes.length > LARGEST) {
                throw tooLarge(path);
            }
            return bytes;
        }
    }

    private static BadInput tooLarge(Path path) {
        return new BadInput(path + " has more than 256 MiB, which no guest has");
    }

    static void write(Path path, byte[] bytes) {
        try {
            java.nio.file.Files.write(path, bytes);
        } catch (IOException e) {
            throw new BadInput("cannot write " + path + ": " + reason(e));
        }
    }

    private static String hintOfGuest(Path path) {
        Path source = path.resolve("guest.asm");
        return java.nio.file.Files.isRegularFile(source) ? "; its guest is " + source : "";
    }

    /** In a few words, what the system said. */
    static String reason(IOException e) {
        if (e instanceof NoSuchFileException) {
            return "there is no such file or folder";
        }
        if (e instanceof AccessDeniedException) {
            return "access is not allowed";
        }
        return String.valueOf(e.getMessage());
    }

    /** A file of the guest's folder; nothing outside it, by whatever name or link. */
    private static Optional<byte[]> beside(Path folder, String name) {
        try {
            Path root = folder.toRealPath();
            Path file = root.resolve(name).toRealPath();
            boolean inside = file.startsWith(root)
                    && java.nio.file.Files.isRegularFile(file)
                    && java.nio.file.Files.size(file) <= LARGEST;
            return inside ? Optional.of(java.nio.file.Files.readAllBytes(file)) : Optional.empty();
        } catch (IOException | InvalidPathException absent) {
            return Optional.empty();
        }
    }
}
