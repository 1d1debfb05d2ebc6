// Takes the deliveries that vesigate has verified: keeps each once, answers, and does the work later.
//
//   java Webhook.java    Java 17 or later
import com.sun.net.httpserver.*;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.channels.FileChannel;
import java.nio.file.*;
import java.security.*;
import java.util.HexFormat;
import java.util.concurrent.*;
import static java.nio.file.StandardOpenOption.*;

public class Webhook {
    static final Path FOLDER = Path.of(System.getenv().getOrDefault("STATE_DIRECTORY", "."));
    static final Path INBOX = FOLDER.resolve("deliveries"); // ID.json is a delivery, ID.done says that its work is done
    static final ExecutorService WORKER = Executors.newSingleThreadExecutor();

    public static void main(String[] arguments) throws IOException {
        Files.createDirectories(INBOX);
        try (var left = Files.newDirectoryStream(INBOX, "*.json")) {
            left.forEach(file -> WORKER.execute(() -> work(file)));
        }
        int port = Integer.parseInt(System.getenv().getOrDefault("PORT", "8000"));
        HttpServer server = HttpServer.create(new InetSocketAddress("127.0.0.1", port), 0);
        server.createContext("/vesicash", exchange -> {
            try (exchange) { exchange.sendResponseHeaders(take(exchange), -1); } // without an answer it comes again
        });
        server.setExecutor(Executors.newFixedThreadPool(8));
        server.start();
    }

    static int take(HttpExchange exchange) throws IOException {
        Headers headers = exchange.getRequestHeaders();
        if (!"true".equals(headers.getFirst("X-Verified"))) return 403; // vesigate did not send this
        byte[] body = exchange.getRequestBody().readAllBytes(); // vesigate bounds it
        // Durable routes name each delivery. Elsewhere the same body is the same delivery.
        String id = headers.getFirst("X-Delivery-Id");
        Path file = INBOX.resolve((id != null ? id : digest(body)) + ".json");
        // A link is made whole or not at all, and never over another.
        Path part = Files.write(Files.createTempFile(INBOX, "", ".part"), body, WRITE, DSYNC);
        try (var names = FileChannel.open(INBOX)) {
            Files.createLink(file, part);
            names.force(true);
            WORKER.execute(() -> work(file));
        } catch (FileAlreadyExistsException known) {
            // It has been taken before.
        }
        Files.delete(part);
        return 200; // it is on disk, once, however often it comes
    }

    static String digest(byte[] body) {
        try {
            return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(body));
        } catch (NoSuchAlgorithmException impossible) { // every Java has it
            throw new IllegalStateException(impossible);
        }
    }

    /** What fails is tried again at the next start. */
    static void work(Path file) {
        Path done = Path.of(file.toString().replace(".json", ".done"));
        try {
            if (Files.exists(done)) return;
            handle(Files.readString(file));
            Files.createFile(done);
        } catch (IOException | RuntimeException error) {
            System.err.println(file + " failed: " + error);
        }
    }

    /** What your business does about it. Here: a line in a file; read the event with your JSON library. */
    static void handle(String event) throws IOException {
        Files.writeString(FOLDER.resolve("payments.txt"), event.strip() + "\n", CREATE, APPEND);
    }
}
