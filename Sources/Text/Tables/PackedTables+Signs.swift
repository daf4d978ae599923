// Written by Scripts/generate_unicode_tables.py from Unicode 14.0.0 data; see NOTICE.
// swift-format-ignore-file

extension PackedTables {
  /// Decimal digits beyond ASCII by value, and typographic signs.
  static let signs: StaticString = """
    2bb=27 =27 =27 3a2*a=30 86*a=30 c6*a=30 19c*a=30 76*a=30 76*a=30 76*a=30 76*a=30 76*a=30 76*a=30 76*a=30 76*a=30 76*a=30 60*a=30 76*a=30 46*a=30
    116*a=30 46*a=30 746*a=30 26*a=30 12c*a=30 80*a=30 a6*a=30 6*a=30 b6*a=30 56*a=30 86*a=30 6*a=30 3b6=2d =2d =2d =2d =2d =2d 2=27 =27 =27 =27 =22 =22
    =22 =22 4=2e d=27 =22 1=27 =22 d=2f 1cd=2d 2=2f 26=7e 83e3*a=30 2a6*a=30 26*a=30 c6*a=30 16*a=30 56*a=30 196*a=30 5316*a=30 586*a=30 886*a=30 32c*a=30
    80*a=30 3c*a=30 90*a=30 116*a=30 156*a=30 76*a=30 176*a=30 66*a=30 66*a=30 1a6*a=30 66*a=30 2f6*a=30 f6*a=30 46*a=30 4cb6*a=30 56*a=30 86*a=30
    6c74*a=30 *a=30 *a=30 *a=30 *a=30 940*a=30 1a6*a=30 656*a=30 1296*a=30
    """
}
