// Written by Scripts/generate_unicode_tables.py from Unicode 14.0.0 data; see NOTICE.
// swift-format-ignore-file

extension PackedTables {
  /// Canonical combining classes other than 0.
  static let combiningClasses: StaticString = """
    300*15=e6 =e8 *4=dc =e8 =d8 *5=dc *2=ca *4=dc *2=ca *b=dc *5=1 *4=dc *8=e6 =f0 =e6 *3=dc *3=e6 *2=dc 1*3=e6 *4=dc =e6 =e8 *2=dc =e6 =e9 *2=ea =e9
    *2=ea =e9 *d=e6 113*5=e6 109=dc *4=e6 =dc *3=e6 =de =dc *6=e6 *6=dc *2=e6 =dc *2=e6 =de =e4 =e6 =a =b =c =d =e =f =10 =11 =12 *2=13 =14 =15 =16 1=17
    1=18 =19 1=e6 =dc 1=12 48*8=e6 =1e =1f =20 30=1b =1c =1d =1e =1f =20 =21 =22 *2=e6 *2=dc *5=e6 =dc *2=e6 =dc 10=23 65*7=e6 2*4=e6 =dc =e6 2*2=e6 1=dc
    *2=e6 =dc 23=24 1e=e6 =dc *2=e6 =dc *2=e6 *3=dc =e6 *2=dc =e6 =dc *3=e6 =dc =e6 =dc =e6 =dc =e6 =dc *2=e6 a0*7=e6 =dc =e6 9=dc 18*4=e6 1*9=e6 1*3=e6
    1*5=e6 2b*3=dc 3c=e6 *3=dc *4=e6 2a*5=e6 *5=dc *e=e6 1=dc *2=e6 =dc *2=e6 =dc *3=e6 *3=dc =1b =1c =1d *3=e6 =dc *2=e6 *2=dc *5=e6 3c=7 10=9 3=e6 =dc
    *2=e6 67=7 10=9 30=e6 3d=7 10=9 6e=7 10=9 6e=7 10=9 7f=9 6e=7 10=9 7=54 =5b 65=7 10=9 6d*2=9 10=9 7c=9 6d*2=67 =9 d*4=6b 6c*2=76 =9 d*4=7a 4c*2=dc
    1b*2/2=dc 1=d8 37=81 =82 1=84 5*4=82 2=82 1*2=e6 =9 1*2=e6 3e=dc 70=7 1*2=9 52=dc 2cf*3=e6 3b4*2=9 1e=9 9d=9 a=e6 cb=e4 8f=de =e6 =dc db=e6 =dc 47=9
    14*8=e6 2=dc 30*5=e6 *6=dc *2=e6 *2/2=dc =dc *2=e6 *2=dc *5=e6 =dc *4=e6 65=7 f=9 26=e6 =dc *7=e6 36*2=9 3a=7 b*2=9 43=7 98*3=e6 1=1 *5=dc *2=e6 *4=dc
    =e6 1*7=1 4=dc 6=e6 3*2=e6 c6*2=e6 =dc *7=e6 =dc *2=e6 =ea =d6 =dc =ca *25=e6 =e8 *2=e4 =dc =da =e6 =e9 =dc =e6 =dc 2d0*2=e6 *2=1 *4=e6 *3=1 *2=e6
    4=e6 3*2=1 =e6 =dc =e6 *2=1 *4=dc =e6 bfe*3=e6 8d=9 60*20=e6 22a=da =e4 =e8 =de *2=e0 69*2=8 75d4=e6 4*a=e6 20*2=e6 50*2=e6 114=9 25=9 97=9 1b*12=e6
    39*3=dc 25=9 5f=7 c=9 ef*2/2=e6 =e6 =dc 2*2=e6 5*2=e6 1=e6 34=9 f6=9 4f30=1a 301*7=e6 *7=dc *2=e6 3cd=dc e2=dc 95*5=e6 692=dc 1=e6 28=e6 =1 =dc 4=9
    a5=e6 =dc 23d*4=e6 183*2=e6 99*2=dc *3=e6 =dc =e6 *4=dc 31=e6 =dc =e6 =dc c0=9 29=9 e=9 39=9 =7 45*3=e6 30*2=9 3e=7 4c=9 9=7 6a=9 =7 b2=7 =9 50*2=7
    10=9 18*7=e6 3*5=e6 cd=9 3=7 17=e6 63=9 =7 fb=9 =7 7e=9 76=9 =7 73=9 10d=9 =7 102*2=9 4=7 9c=9 53=9 12=9 51=9 1a5=9 102=7 1*2=9 51=9 4d58*5=1 3b*7=e6
    4b9*2=6 4cac=1 14c6*2=d8 *3=1 3=e2 *5=d8 8*8=dc 2*5=e6 *2=dc 1e*4=e6 94*3=e6 dbb*7=e6 1*11=e6 2*7=e6 1*2=e6 1*5=e6 105*7=e6 177=e6 3d*4=e6 5e0*7=dc
    6d*6=e6 =7
    """
}
