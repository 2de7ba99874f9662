package ringside.cli;

import java.math.BigDecimal;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;
import ringside.session.StartChoice;

/** Numbers as the command line takes them. */
final class Numbers {
    private Numbers() {}

    /** An address: decimal, hexadecimal with 0x, or hexadecimal with an h behind it. */
    static final class Address implements ITypeConverter<Long> {
        @Override
        public Long convert(String text) {
            return StartChoice.address(text)
                    .orElseThrow(() -> new TypeConversionException(
                            "'" + text + "' is no address; write 0x7c00 or a decimal number"));
        }
    }

    /** A count, with underscores where they help to read it, or as a power of ten such as 1e9. */
    static final class Count implements ITypeConverter<Long> {
        @Override
        public Long convert(String text) {
            try {
                long count = text.matches("[0-9]+[eE][0-9]+")
                        ? new BigDecimal(text).longValueExact()
                        : Long.parseLong(text.replace("_", ""));
                if (count >= 0) {
                    return count;
                }
            } catch (NumberFormatException | ArithmeticException notANumber) {
                // Said below, for all of them.
            }
            throw new TypeConversionException("'" + text + "' is no number of steps; write 1000000 or 1e6");
        }
    }
}
