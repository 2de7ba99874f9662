package ringside.web;

import io.javalin.http.Context;
import io.javalin.http.HandlerType;
import java.io.IOException;
import java.net.URI;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;
import ringside.session.Sentence;

/**
 * Who may come in. A lab listens on loopback without passwords, so a page of another site that the same browser has open must not be
 * able to drive it: not under a name of its own that leads here (DNS rebinding), and not by sending forms from elsewhere.
 */
final class Door {
    /** What a request may carry, in bytes: a source or a floppy image. */
    static final long MOST_BODY = 2 << 20;

    /** Bodies up to this many bytes are read even though they are refused. */
    private static final long MOST_READ_AWAY = 16 << 20;

    private static final Set<String> LOOPBACK = Set.of("localhost", "127.0.0.1", "[::1]");
    private static final Pattern ADDRESS = Pattern.compile("\\d{1,3}(\\.\\d{1,3}){3}|\\[[0-9a-f:.]+]");

    /** How addresses of labs begin that other pages may show inside them. */
    static final String EMBED = "/embed/";

    private static final Pattern SITE = Pattern.compile("https?://[a-z0-9.-]+(:\\d{1,5})?");

    private final String listen;
    private final List<String> sites;

    /**
     * @param listen the address or name that the server listens on
     * @param sites whose pages may show labs inside them, as {@code https://example.org}; none without any
     */
    Door(String listen, List<String> sites) {
        this.listen = listen.toLowerCase(Locale.ROOT);
        this.sites = List.copyOf(sites);
    }

    /** Is this how a site is named? */
    static boolean isSite(String text) {
        return SITE.matcher(text).matches();
    }

    /** Lets a request in, or refuses it with an answer of its own. */
    void check(Context request) {
        closeWindows(request);
        var host = Optional.ofNullable(request.header("Host")).orElse("").toLowerCase(Locale.ROOT);
        if (!isOurs(nameOf(host))) {
            throw new Refused(421, Sentence.of("refused.host"));
        }
        boolean reads = request.method() == HandlerType.GET || request.method() == HandlerType.HEAD;
        if (!reads && comesFromElsewhere(request, host)) {
            throw new Refused(403, Sentence.of("refused.origin"));
        }
        boolean framed = request.path().startsWith(EMBED) && !sites.isEmpty();
        if (isEmbedded(request) && !(framed && isFrame(request))) {
            throw new Refused(403, Sentence.of("refused.origin"));
        }
        checkLength(request, reads);
    }

    private static void checkLength(Context request, boolean reads) {
        if (reads) {
            return;
        }
        long length = request.req().getContentLengthLong();
        if (length > MOST_BODY) {
            readAway(request, length);
            throw new Refused(413, Sentence.of("refused.large", length, MOST_BODY));
        }
        if (length < 0) {
            request.header("Connection", "close");
            throw new Refused(411, Sentence.of("refused.length"));
        }
    }

    /**
     * A browser that still sends does not see the answer: a body that is only somewhat too large is read to its end, unlooked at. The
     * connection of a larger one is closed.
     */
    private static void readAway(Context request, long length) {
        if (length > MOST_READ_AWAY) {
            request.header("Connection", "close");
            return;
        }
        try {
            request.req().getInputStream().skipNBytes(length);
        } catch (IOException gone) {
            request.header("Connection", "close");
        }
    }

    /** Loopback by any of its names; beyond loopback also by address, which no other site can make its own. */
    private boolean isOurs(String name) {
        return LOOPBACK.contains(name)
                || name.equals(listen)
                || !isLoopback(listen) && ADDRESS.matcher(name).matches();
    }

    private static boolean isLoopback(String address) {
        return address.equals("localhost") || address.startsWith("127.") || address.equals("::1");
    }

    private static String nameOf(String host) {
        int port = host.lastIndexOf(':');
        return port > host.lastIndexOf(']') ? host.substring(0, port) : host;
    }

    private static boolean comesFromElsewhere(Context request, String host) {
        var site = request.header("Sec-Fetch-Site");
        if (site != null && !site.equals("same-origin") && !site.equals("none")) {
            return true;
        }
        var origin = request.header("Origin");
        return origin != null && !sameHost(origin, host);
    }

    private static boolean sameHost(String origin, String host) {
        try {
            var authority = URI.create(origin).getAuthority();
            return authority != null && authority.equalsIgnoreCase(host);
        } catch (IllegalArgumentException notAnAddress) {
            return false;
        }
    }

    /** Another site may link to a page, but not fetch it as a picture, script or frame. */
    private static boolean isEmbedded(Context request) {
        var site = request.header("Sec-Fetch-Site");
        var mode = request.header("Sec-Fetch-Mode");
        var destination = Optional.ofNullable(request.header("Sec-Fetch-Dest")).orElse("document");
        boolean elsewhere = "cross-site".equals(site) || "same-site".equals(site);
        return elsewhere && !("navigate".equals(mode) && destination.equals("document"));
    }

    private static boolean isFrame(Context request) {
        return "navigate".equals(request.header("Sec-Fetch-Mode")) && "iframe".equals(request.header("Sec-Fetch-Dest"));
    }

    /** What the browser may do with every answer. */
    private void closeWindows(Context request) {
        request.header(
                "Content-Security-Policy",
                "default-src 'none'; script-src 'self'; style-src 'self' 'nonce-"
                        + Visitor.of(request).nonce()
                        + "'; img-src 'self' data:; connect-src 'self'; form-action 'self'; base-uri 'none';"
                        + " frame-ancestors "
                        + (request.path().startsWith(EMBED) && !sites.isEmpty() ? String.join(" ", sites) : "'none'"));
        request.header("X-Content-Type-Options", "nosniff");
        request.header("Referrer-Policy", "same-origin");
        request.header("Cross-Origin-Opener-Policy", "same-origin");
        request.header("Cross-Origin-Resource-Policy", "same-origin");
        request.header("Permissions-Policy", "camera=(), geolocation=(), microphone=()");
        request.header("Cache-Control", "no-store");
    }
}
