package ringside.web;

import io.javalin.http.Context;
import io.javalin.http.Cookie;
import io.javalin.http.SameSite;
import java.security.SecureRandom;
import java.util.Base64;
import java.util.Optional;

/**
 * Who asks for a page: language, light or dark, and this answer's nonce.
 *
 * @param language one of {@link Words#LANGUAGES}
 * @param theme {@code light}, {@code dark}, or {@code auto} as the system wishes
 * @param nonce what the editor's styles carry so that they are let in
 * @param partial the request comes from a script on a page that wants only a part of it
 */
public record Visitor(String language, String theme, String nonce, boolean partial) {
    private static final SecureRandom RANDOM = new SecureRandom();
    private static final String KEY = "visitor";
    private static final int YEAR = 365 * 24 * 60 * 60;

    /** Reads preferences from the address, else from cookies, else from what the browser says. */
    static Visitor of(Context request) {
        Visitor known = request.attribute(KEY);
        if (known != null) {
            return known;
        }
        var visitor = new Visitor(
                preference(request, "lang").filter(Words.LANGUAGES::contains).orElseGet(() -> browserLanguage(request)),
                preference(request, "theme")
                        .filter(theme -> theme.equals("light") || theme.equals("dark"))
                        .orElse("auto"),
                newNonce(),
                request.header("HX-Request") != null);
        request.attribute(KEY, visitor);
        return visitor;
    }

    /** Keeps what the address asked for in cookies. */
    void remember(Context request) {
        if (request.queryParam("lang") != null) {
            keep(request, "lang", language);
        }
        if (request.queryParam("theme") != null) {
            keep(request, "theme", theme);
        }
    }

    Words words() {
        return Words.in(language);
    }

    private static void keep(Context request, String name, String value) {
        request.cookie(new Cookie(name, value, "/", YEAR, false, true, "", SameSite.STRICT));
    }

    private static Optional<String> preference(Context request, String name) {
        return Optional.ofNullable(request.queryParam(name)).or(() -> Optional.ofNullable(request.cookie(name)));
    }

    private static String browserLanguage(Context request) {
        return Words.preferred(
                Optional.ofNullable(request.header("Accept-Language")).orElse(""));
    }

    private static String newNonce() {
        var bytes = new byte[18];
        RANDOM.nextBytes(bytes);
        return Base64.getUrlEncoder().encodeToString(bytes);
    }
}
