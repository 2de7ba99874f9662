package ringside.isa;

import java.util.Collection;
import java.util.Locale;

/** Finds the word that somebody may have meant. */
final class Suggestions {
    /** More names are not looked at: a hint is no reason to let anybody wait. */
    private static final int MOST_COMPARED = 5000;

    private Suggestions() {}

    /** A hint with the nearest word, or empty if none is near. */
    static Message of(String word, Collection<String> known, String prefix) {
        var nearest = nearest(word, known);
        return nearest.isEmpty() ? Message.NONE : SourceWording.DID_YOU_MEAN.with(prefix + nearest);
    }

    /** The nearest known word: one letter off, two in longer words; the first in the alphabet of several. */
    static String nearest(String word, Collection<String> known) {
        var wanted = word.toLowerCase(Locale.ROOT);
        int best = wanted.length() < 3 ? 0 : wanted.length() < 6 ? 1 : 2;
        var found = "";
        int compared = 0;
        for (String candidate : known) {
            if (++compared > MOST_COMPARED) {
                break;
            }
            int distance = distance(wanted, candidate.toLowerCase(Locale.ROOT), best);
            if (distance < best || distance == best && (found.isEmpty() || candidate.compareTo(found) < 0)) {
                best = distance;
                found = candidate;
            }
        }
        return found;
    }

    /** How many letters to add, leave out, change or swap; more than the limit if it is more. */
    static int distance(String a, String b, int limit) {
        if (Math.abs(a.length() - b.length()) > limit || a.length() > 64) {
            return limit + 1;
        }
        var before = new int[b.length() + 1];
        var previous = new int[b.length() + 1];
        var row = new int[b.length() + 1];
        for (int j = 0; j <= b.length(); j++) {
            previous[j] = j;
        }
        for (int i = 1; i <= a.length(); i++) {
            row[0] = i;
            for (int j = 1; j <= b.length(); j++) {
                int change = a.charAt(i - 1) == b.charAt(j - 1) ? 0 : 1;
                row[j] = Math.min(Math.min(row[j - 1], previous[j]) + 1, previous[j - 1] + change);
                if (i > 1 && j > 1 && a.charAt(i - 1) == b.charAt(j - 2) && a.charAt(i - 2) == b.charAt(j - 1)) {
                    row[j] = Math.min(row[j], before[j - 2] + 1);
                }
            }
            var recycled = before;
            before = previous;
            previous = row;
            row = recycled;
        }
        return previous[b.length()];
    }
}
