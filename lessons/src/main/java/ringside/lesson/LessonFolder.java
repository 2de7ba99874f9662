package ringside.lesson;

import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.Optional;
import java.util.stream.Stream;

/** Where lessons lie: in the jar, or in a folder of somebody whom nobody vouches for. */
public interface LessonFolder {
    /** Characters of one file. */
    int LARGEST = 128 << 10;

    /**
     * A file's text.
     *
     * @param name inside of the folder, with slashes
     * @return empty where there is no such file
     * @throws Malformed where it is too large, no UTF-8, or holds characters that no text has
     */
    Optional<String> read(String name);

    /** Changes when a file does. */
    long version();

    /** The lessons that come with Ringside. */
    static LessonFolder included() {
        return new LessonFolder() {
            @Override
            public Optional<String> read(String name) {
                try (InputStream in = LessonFolder.class.getResourceAsStream("/lessons/" + name)) {
                    return in == null ? Optional.empty() : Optional.of(text(in.readNBytes(LARGEST + 1)));
                } catch (IOException unreadable) {
                    return Optional.empty();
                }
            }

            @Override
            public long version() {
                return 0;
            }
        };
    }

    /** A folder of the file system. Nothing outside of it is read, by whatever name or link. */
    static LessonFolder at(Path folder) {
        return new LessonFolder() {
            @Override
            public Optional<String> read(String name) {
                try {
                    Path root = folder.toRealPath();
                    Path file = root.resolve(name).toRealPath();
                    if (!file.startsWith(root) || !Files.isRegularFile(file)) {
                        return Optional.empty();
                    }
                    try (InputStream in = Files.newInputStream(file)) {
                        return Optional.of(text(in.readNBytes(LARGEST + 1)));
                    }
                } catch (IOException | InvalidPathException absent) {
                    return Optional.empty();
                }
            }

            @Override
            public long version() {
                try (Stream<Path> files = Files.walk(folder, 2)) {
                    return files.limit(1_000).mapToLong(LessonFolder::stamp).reduce(17, (all, one) -> all * 31 + one);
                } catch (IOException | java.io.UncheckedIOException unreadable) {
                    return -1;
                }
            }
        };
    }

    private static long stamp(Path file) {
        try {
            return Files.getLastModifiedTime(file).toMillis() * 31 + Files.size(file);
        } catch (IOException gone) {
            return 0;
        }
    }

    private static String text(byte[] bytes) {
        if (bytes.length > LARGEST) {
            throw new Malformed("the file has more than " + LARGEST + " bytes");
        }
        try {
            String text = StandardCharsets.UTF_8
                    .newDecoder()
                    .decode(ByteBuffer.wrap(bytes))
                    .toString()
                    .replace("\r\n", "\n");
            if (text.chars().anyMatch(c -> c < ' ' && c != '\n' && c != '\t' || c >= Mark.OPEN && c <= Mark.CLOSE)) {
                throw new Malformed("the file holds characters that no text has");
            }
            return text;
        } catch (CharacterCodingException notUtf8) {
            throw new Malformed("the file is no UTF-8");
        }
    }
}
