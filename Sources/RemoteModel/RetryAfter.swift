/// The `Retry-After` header: seconds, or an HTTP date (RFC 9110, section 10.2.3; the preferred form of dates only).
enum RetryAfter {
  static let maximum = Duration.seconds(3600)

  /// - Parameter now: Unix time in seconds.
  static func duration(_ text: String, now: Int) -> Duration? {
    if let seconds = Double(text), seconds >= 0, seconds.isFinite { return min(.seconds(min(seconds, 1e6)), maximum) }
    guard let date = unixTime(text) else { return nil }
    return min(.seconds(max(0, date - now)), maximum)
  }

  /// `Sun, 06 Nov 1994 08:49:37 GMT` in Unix seconds.
  static func unixTime(_ text: String) -> Int? {
    let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
    let parts = text.split(separator: " ")
    guard parts.count == 6, parts[5] == "GMT", let day = Int(parts[1]), let month = months.firstIndex(of: String(parts[2])), let year = Int(parts[3]) else {
      return nil
    }
    let clock = parts[4].split(separator: ":").compactMap { Int($0) }
    guard clock.count == 3, (1...31).contains(day), (1970...9999).contains(year), (0...23).contains(clock[0]), (0...59).contains(clock[1]),
      (0...60).contains(clock[2])
    else { return nil }
    return daysSince1970(year: year, month: month + 1, day: day) * 86400 + clock[0] * 3600 + clock[1] * 60 + clock[2]
  }

  /// Days of the proleptic Gregorian calendar, years counted from March so that the leap day comes last.
  private static func daysSince1970(year: Int, month: Int, day: Int) -> Int {
    let shifted = month <= 2 ? year - 1 : year
    let era = shifted / 400
    let yearOfEra = shifted - era * 400
    let dayOfYear = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1
    return era * 146_097 + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear - 719_468
  }
}
